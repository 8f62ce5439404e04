"""The table of messages: for each code what it means, an example that fails with it, the same mended, and the remedy.

An example is a network file, or commands after `$`, or Python after `>>>`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What there is to know about one code.

    Attributes:
        code: Stable identifier such as `"SB020"`.
        title: What is wrong, in a few words.
        meaning: When it is raised.
        remedy: What to do about it.
        failing: An example that raises it; empty where none can be given.
        mended: The same example, right.
    """

    code: str
    title: str
    meaning: str
    remedy: str
    failing: str = ""
    mended: str = ""


ROWS = (
    Row(
        "SB001",
        "cannot be read",
        "A file does not exist, is no ordinary file, is not UTF-8 text, or does not hold what its name says.",
        "Look at the name; `symbackprop examples` lists the networks that need no file.",
        "$ symbackprop show nowhere.toml",
        "$ symbackprop show mazur",
    ),
    Row(
        "SB002",
        "not the format that it should be",
        "The text is no TOML, YAML or JSON, or no chain of widths such as 2 -> 3 tanh -> 1.",
        "The caret shows the place up to which it was understood.",
        '$ symbackprop show "2 -> 3 tanh sigmoid, loss=mse"',
        '$ symbackprop show "2 -> 3 tanh -> 3 sigmoid, loss=mse"',
    ),
    Row(
        "SB003",
        "refused",
        "The input is larger or nested deeper than a network needs to be, or of a kind that could run code or grow "
        "without bound when it is read: a pickle, YAML with aliases or tags, an archive that unpacks to gigabytes.",
        "Describe the network in a .toml file; keep weights in an .npz (numpy.savez) and samples in a .csv.",
        "$ symbackprop show model.pt",
        '$ symbackprop show "784 -> 10 softmax, loss=categorical_crossentropy"',
    ),
    Row(
        "SB004",
        "cannot be written",
        "The folder does not exist or may not be written to, or the disk is full. What was there is as it was.",
        "Choose another folder with -o.",
        "$ symbackprop new no/such/folder/net.toml",
        "$ symbackprop new net.toml",
    ),
    Row(
        "SB005",
        "the command line is not understood",
        "A command, an option or its value is none that symbackprop has.",
        "`symbackprop --help` lists the commands, `symbackprop derive --help` the options of one.",
        "$ symbackprop derive mazur --outpt m",
        "$ symbackprop derive mazur --output m",
    ),
    Row(
        "SB006",
        "a program is missing or fails",
        "What was asked for needs a program that is not part of symbackprop, such as a TeX engine for a PDF or a C "
        "compiler; it is not there, or fails.",
        "`symbackprop doctor` says which programs there are; everything else was written.",
    ),
    Row(
        "SB010",
        "not a formula",
        "A formula is not in the equation language: Python's arithmetic with indices in brackets, and nothing else of "
        "Python: no text, attributes, lists, lambdas or keywords.",
        "Write it like y[j] = exp(x[j]) / sum(exp(x[k]), k).",
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "bent" }]\n'
        '[activations]\nbent = "z * sigmoid(1.7 * z"',
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "bent" }]\n'
        '[activations]\nbent = "z * sigmoid(1.7 * z)"',
    ),
    Row(
        "SB011",
        "a formula exceeds a limit",
        "A formula has 2,000 characters, 500 parts, 60 brackets inside one another, numbers of 30 digits, exponents "
        "of 64 and 8 arguments at most, so that no text can keep the program busy for ever.",
        "Give parts of it names of their own, as statements before it.",
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "steep" }]\n'
        '[activations]\nsteep = "z**100"',
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "steep" }]\n'
        '[activations]\nsteep = "z**10"',
    ),
    Row(
        "SB012",
        "an index that nothing binds",
        "An index stands on the right of an equation, is not summed over, and does not stand on the left; or a loss "
        "has a value for each of several places, where one number is needed.",
        "Sum over it, or write it on the left.",
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "own", units = 2 }]\n[layer_types.own]\n'
        'parameters = { W = ["units", "n"] }\nequations = "y[j] = W[j, i] * x[i]"',
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "own", units = 2 }]\n[layer_types.own]\n'
        'parameters = { W = ["units", "n"] }\nequations = "y[j] = sum(W[j, i] * x[i], i)"',
    ),
    Row(
        "SB013",
        "a formula without a value",
        "A formula, or a constant part of it, is infinite, undefined, not real, or larger than floating-point numbers "
        "go.",
        "Look for a division by zero, a root or logarithm of a negative number, or an exponential of a large one.",
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "odd" }]\n'
        '[activations]\nodd = "z * sqrt(1 - 2)"',
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "odd" }]\n'
        '[activations]\nodd = "z * sqrt(2 - 1)"',
    ),
    Row(
        "SB020",
        "unknown name",
        "A key, a layer, an activation, a loss, an option or a name in a formula is none that there is.",
        "The message names the nearest; `symbackprop show --equations NAME` prints a row of the catalogue.",
        '$ symbackprop show "2 -> 2 sigmiod, loss=mse"',
        '$ symbackprop show "2 -> 2 sigmoid, loss=mse"',
    ),
    Row(
        "SB021",
        "something is missing",
        "A network has inputs, layers and a loss; a layer has the options that its row has no default for.",
        "Add it; `symbackprop new net.toml` writes a file in which every key is explained.",
        '$ symbackprop show "2 -> 2 sigmoid"',
        '$ symbackprop show "2 -> 2 sigmoid, loss=mse"',
    ),
    Row(
        "SB022",
        "a value that is not admitted",
        "A key is right and its value is of another kind or outside its range: text for a number, -1 for a size.",
        "The message says what is expected.",
        '$ symbackprop show "2 -> 2 sigmoid, loss=mse, learning_rate=fast"',
        '$ symbackprop show "2 -> 2 sigmoid, loss=mse, learning_rate=0.5"',
    ),
    Row(
        "SB023",
        "given twice",
        "A key is written twice, or one name is given to two things.",
        "Keep one of them, or choose another name.",
        '$ symbackprop show "2 -> 2 sigmoid, loss=mse, loss=mae"',
        '$ symbackprop show "2 -> 2 sigmoid, loss=mse"',
    ),
    Row(
        "SB024",
        "not a name",
        "A name is a letter, then letters, digits or _, at most 31 characters, and no Python keyword: it becomes part "
        "of formulas, documents and code.",
        "Choose another name; titles may be any text.",
        'inputs = 2\nloss = "mse"\n[[layers]]\ntype = "dense"\nunits = 1\nnames = { weights = [["w 1", "w 2"]] }',
        'inputs = 2\nloss = "mse"\n[[layers]]\ntype = "dense"\nunits = 1\nnames = { weights = [["w1", "w2"]] }',
    ),
    Row(
        "SB025",
        "a contradiction",
        "Two statements about the network, or two options, cannot both hold.",
        "Change the one that is not meant.",
        'inputs = 2\nloss = "mse"\ntargets = "one_hot"\nlayers = [{ type = "dense", units = 2 }]\n'
        "[sample]\nx = [1, 2]\nt = [0.5, 0.5]",
        'inputs = 2\nloss = "mse"\ntargets = "one_hot"\nlayers = [{ type = "dense", units = 2 }]\n'
        "[sample]\nx = [1, 2]\nt = [0, 1]",
    ),
    Row(
        "SB026",
        "numbers are needed",
        "What was asked for needs samples, or values of parameters or sizes, and the network has symbols in their "
        "place.",
        "Give it [sample] with x and t, or [data] with a file; give sizes numbers.",
        '$ symbackprop train "2 -> 2 sigmoid, loss=mse"',
        "$ symbackprop train xor --steps 1",
    ),
    Row(
        "SB030",
        "shapes do not fit",
        "Numbers, a sample, or the tensors that an equation reads do not have the shape that is needed.",
        "Rows of weights are neurons, columns are the neurons that they listen to; a message that says `this looks "
        "transposed` has found the two exchanged.",
        'inputs = 3\nloss = "mse"\n[[layers]]\ntype = "dense"\nunits = 2\nweights = [[1, 2], [3, 4], [5, 6]]',
        'inputs = 3\nloss = "mse"\n[[layers]]\ntype = "dense"\nunits = 2\nweights = [[1, 3, 5], [2, 4, 6]]',
    ),
    Row(
        "SB031",
        "the size of an index is unknown",
        "An index runs over the axis at which a tensor is read with it alone; of one that occurs in sums such as p + k "
        "only, the size must be said.",
        "Declare it in ranges.",
        'inputs = 5\nloss = "mse"\nlayers = [{ type = "own", k = 2 }]\n[layer_types.own]\nparameters = { W = ["k"] }\n'
        'equations = "y[p] = sum(W[q] * x[p + q], q)"',
        'inputs = 5\nloss = "mse"\nlayers = [{ type = "own", k = 2 }]\n[layer_types.own]\nparameters = { W = ["k"] }\n'
        'ranges = { p = "n - k + 1" }\nequations = "y[p] = sum(W[q] * x[p + q], q)"',
    ),
    Row(
        "SB032",
        "a place outside an axis",
        "A number stands for an index, and the axis has fewer places; they are counted from 0.",
        "The last place of an axis of 3 is 2.",
        'inputs = 3\nloss = "mse"\nlayers = [{ type = "own" }]\n[layer_types.own]\n'
        'parameters = { w = ["n"] }\nequations = "y[j] = w[j] * x[3]"',
        'inputs = 3\nloss = "mse"\nlayers = [{ type = "own" }]\n[layer_types.own]\n'
        'parameters = { w = ["n"] }\nequations = "y[j] = w[j] * x[2]"',
    ),
    Row(
        "SB040",
        "too large",
        "The result would have more numbers or terms than anybody could use; nothing was begun. The exit code is 3.",
        'Ask for the index form, or name the sizes (units = "width") and give them values in sizes: equations are as '
        "short for a million neurons as for two.",
        '$ symbackprop verify "99999 -> 99999 sigmoid, loss=mse"',
        '$ symbackprop verify "9 -> 9 sigmoid, loss=mse"',
    ),
    Row(
        "SB041",
        "takes too long",
        "A stage took more time than it is given; nothing is written. The exit code is 3.",
        "Make formulas shorter, ask for fewer formats with --to, or set SYMBACKPROP_PATIENCE=10 to wait ten times as "
        "long, 0 to wait for ever.",
    ),
    Row(
        "SB050",
        "not supported yet",
        "Correct mathematics that symbackprop cannot handle in this form.",
        "The message names what can be had instead.",
        '>>> sb.derive("2 -> n sigmoid, loss=mse")["W1"].closed_form()',
        '>>> sb.derive("2 -> n sigmoid, loss=mse")["W1"].indexed',
    ),
    Row(
        "SB060",
        "not defined",
        "Mathematics gives what is asked for no value: equations that read one another in a circle.",
        "A recurrence reads itself at an earlier position of one index, such as h[t - 1, j].",
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "own" }]\n[layer_types.own]\nranges = { j = "n" }\n'
        'parameters = { w = ["n"] }\nequations = """\nu[j] = v[j] + x[j]\nv[j] = w[j] * u[j]\n"""',
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "own" }]\n[layer_types.own]\nranges = { j = "n" }\n'
        'parameters = { w = ["n"] }\nequations = """\nu[j] = 3 + x[j]\nv[j] = w[j] * u[j]\n"""',
    ),
    Row(
        "SB061",
        "a loss that is nowhere finite",
        "At none of many random points does the loss have a finite value, so that no gradient can be checked.",
        "Look for a logarithm or root of something that is never positive.",
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "odd" }]\n'
        '[activations]\nodd = "log(-1 - z**2)"',
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "odd" }]\n'
        '[activations]\nodd = "log(1 + z**2)"',
    ),
    Row(
        "SB070",
        "a check failed",
        "Something that was written or computed is not what it should be: files of a folder that belong to different "
        "runs or were edited, a gradient that differs from differences. The exit code is 1.",
        "Write the folder anew; if a fresh one fails as well, that is a mistake of ours: please report it.",
        "$ symbackprop derive xor -o m\n$ echo '# edited' >> m/gradients.py\n$ symbackprop doctor m",
        "$ symbackprop derive xor -o m\n$ symbackprop doctor m",
    ),
    Row(
        "SB080",
        "a gradient that cannot be judged",
        "What was handed to `check` or `verify` raises, does not end, asks for an argument that nothing is known of, "
        "names no gradient, or returns something that is no array of numbers.",
        "The message has the line of your file; arguments are found by name: params, x, t, W1, a1, delta2, ...",
        '>>> sb.check(sb.derive("mazur"), "W2", lambda delta2, h: h)',
        '>>> sb.check(sb.derive("mazur"), "W2", lambda delta2, a1: delta2[:, None] * a1)',
    ),
    Row(
        "SB090",
        "an internal error",
        "A mistake of ours. Files that were finished are whole and kept. The exit code is 70.",
        "Please report the lines that were printed, together with the network.",
    ),
)
