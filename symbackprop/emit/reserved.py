"""The words of each language that no variable may be called."""

_JAVASCRIPT = """
    arguments await break case catch class const continue debugger default delete do else enum eval export extends
    false finally for function if implements import in instanceof interface let new null package private protected
    public return static super switch this throw true try typeof var void while with yield
    Array Error Float64Array Infinity JSON Math NaN Number Object String undefined
"""
_C = """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    _Bool _Complex _Imaginary I complex imaginary
    acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp exp2 expm1 fabs floor fmax fmin fmod gamma hypot j0 j1
    jn ldexp lgamma log log10 log1p log2 main modf nan pow printf puts rand real rint round scalb sin sinh size_t sqrt
    stdin stdout strcmp tan tanh tgamma trunc y0 y1 yn
    acosf asinf atanf cosf erff expf fabsf floorf log1pf logf powf sinf sqrtf tanf tanhf NULL M_PI NAN INFINITY
"""
JAVASCRIPT_WORDS = frozenset(_JAVASCRIPT.split())
C_WORDS = frozenset(_C.split())
