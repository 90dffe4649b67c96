"""Mutants of C files: small faults that a test suite should notice.

A mutant is one change of the text of one function: a comparison or its boundary, an
arithmetic or logical operator, a constant, a statement left out, a condition
turned round, another return value. The text is cut into tokens, so that comments,
strings, preprocessor lines and what stands outside functions are left alone. What
does not compile is left to the compiler to find.

A mutant's key is a hash of what it is (file, line's text, change), not of where it
stands: the sample of a seed stays the same where the code stays the same.
"""

import bisect
import dataclasses
import hashlib
import pathlib
import re

TOKEN = re.compile(
    r"""(?P<skip>/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*|\s+)
      |(?P<text>L?"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      |(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
      |(?P<name>[A-Za-z_]\w*)
      |(?P<mark><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)

SWAPS = {
    "comparison": {"<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="]},
    "logic": {"&&": ["||"], "||": ["&&"]},
    "arithmetic": {"+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"], "<<": [">>"], ">>": ["<<"]},
    "assignment": {"+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="], "|=": ["&="], "&=": ["|="], "++": ["--"], "--": ["++"]},
}
KEYWORDS = {"return", "sizeof", "case", "else", "do", "goto", "const", "struct", "enum", "unsigned", "static"}
TYPES = {"int", "double", "float", "real", "size_t", "char", "bool", "void", "long", "off_t", "FILE", "uint64_t", "json_t"}
NOT_STATEMENTS = KEYWORDS | {"if", "for", "while", "switch", "break", "continue", "default", "assert", "_Static_assert"}


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    at: int


@dataclasses.dataclass
class Mutant:
    file: str
    at: int
    before: str
    after: str
    operator: str
    line: int = 0
    key: str = ""

    def apply(self, source):
        return source[: self.at] + self.after + source[self.at + len(self.before) :]


def tokens_of(source):
    return [
        Token(match.lastgroup, match.group(), match.start())
        for match in TOKEN.finditer(source)
        if match.lastgroup != "skip"
    ]


def function_bodies(tokens):
    """(first, last) of the tokens between the outermost braces that follow a ')'."""
    depth, first = 0, None
    for i, token in enumerate(tokens):
        if token.text == "{":
            if depth == 0:
                first = i if tokens[i - 1].text == ")" else None
            depth += 1
        elif token.text == "}":
            depth -= 1
            if depth == 0 and first is not None:
                yield first + 1, i


def is_operand(token):
    return token.kind in ("number", "text") or token.text in (")", "]") or (
        token.kind == "name" and token.text not in KEYWORDS | TYPES
    )


def closing(tokens, start):
    """Where the bracket that opens at `start` is closed."""
    depth = 0
    for i in range(start, len(tokens)):
        depth += tokens[i].text in "([{"
        depth -= tokens[i].text in ")]}"
        if depth == 0:
            return i
    return len(tokens) - 1


def end_of_statement(tokens, start):
    depth = 0
    for i in range(start, len(tokens)):
        depth += tokens[i].text in "([{"
        depth -= tokens[i].text in ")]}"
        if depth < 0:  # in the braces of an initialiser
            return None
        if tokens[i].text == ";" and depth == 0:
            return i
    return None


def numbers(text):
    """Constants off by one; real ones by one or by half of them."""
    match = re.fullmatch(r"(\d+)([uUlL]*)", text)
    if match:
        value, suffix = int(match[1]), match[2]
        return [f"{value + 1}{suffix}"] + ([f"{value - 1}{suffix}"] if value else [])
    match = re.fullmatch(r"([\d.]+(?:[eE][-+]?\d+)?)([fFlL]?)", text)
    return [f"({text} * 1.5{match[2]})"] if match else []


def swaps(tokens, i):
    token = tokens[i]
    for operator, table in SWAPS.items():
        unary = operator == "arithmetic" and not is_operand(tokens[i - 1])
        for after in [] if unary else table.get(token.text, []):
            yield Mutant("", token.at, token.text, after, operator)
    if token.text == "!" or (token.text == "-" and not is_operand(tokens[i - 1])):
        yield Mutant("", token.at, token.text, " ", "sign" if token.text == "-" else "negation")


def span(source, tokens, first, last):
    return source[tokens[first].at : tokens[last].at + len(tokens[last].text)]


def statements(source, tokens, i):
    """What a whole statement can become: nothing, its contrary, another value."""
    token, previous = tokens[i], tokens[i - 1]
    if token.text == "if":
        condition = span(source, tokens, i + 2, closing(tokens, i + 1) - 1)
        yield Mutant("", tokens[i + 2].at, condition, f"!({condition})", "condition")
    elif token.text == "?":
        yield Mutant("", token.at, "?", "&& 0 ?", "choice")
        yield Mutant("", token.at, "?", "|| 1 ?", "choice")
    elif token.text == "return" and tokens[i + 1].text != ";":
        value = span(source, tokens, i + 1, end_of_statement(tokens, i) - 1)
        other = {"GEMML_OK": "GEMML_ERROR_MEMORY", "0": "1", "false": "true", "true": "false"}.get(value, "0")
        if value != "NULL":
            yield Mutant("", tokens[i + 1].at, value, other, "return")
    elif token.text in ("break", "continue"):
        yield Mutant("", token.at, token.text, {"break": "continue", "continue": "break"}[token.text], "loop")
    starts = previous.text in ("{", ";", "}", "else", "do") or is_header_end(tokens, i - 1)
    if starts and (token.kind == "name" and token.text not in NOT_STATEMENTS or token.text in ("*", "++", "--")):
        following = tokens[i + 1].text
        last = end_of_statement(tokens, i)
        if last and (token.kind != "name" or following in ("(", "=", "[", "->", ".", "+=", "-=", "*=", "/=", "++", "--", "|=")):
            text = span(source, tokens, i, last)
            if "_Static_assert" not in text and "assert(" not in text:
                # As many lines as before, so that the rest of the file stays where it was.
                yield Mutant("", token.at, text, ";" + "\n" * text.count("\n"), "removal")


def in_parentheses(tokens, first, last):
    """For each token of a body: whether it stands inside parentheses."""
    depth, inside = 0, {}
    for i in range(first, last):
        depth -= tokens[i].text == ")"
        inside[i] = depth > 0
        depth += tokens[i].text == "("
    return inside


def mutants_of(file, source):
    tokens = tokens_of(source)
    found = []
    for first, last in function_bodies(tokens):
        inside = in_parentheses(tokens, first, last)
        for i in range(first, last):
            found += swaps(tokens, i)
            if tokens[i].kind == "number":
                found += [Mutant("", tokens[i].at, tokens[i].text, after, "constant") for after in numbers(tokens[i].text)]
            made = list(statements(source, tokens, i))
            found += [mutant for mutant in made if mutant.operator != "removal" or not inside[i]]
    lines = source.split("\n")
    seen = {}
    for mutant in found:
        mutant.file = file
        mutant.line = source.count("\n", 0, mutant.at) + 1
        what = (file, mutant.operator, lines[mutant.line - 1].strip(), mutant.before, mutant.after)
        seen[what] = seen.get(what, 0) + 1
        mutant.key = hashlib.sha256(repr((what, seen[what])).encode()).hexdigest()[:12]
    return found


def sample(root, rooms, seed):
    """All mutants of the rooms' files, in the order in which the seed draws them."""
    found = []
    for room in rooms:
        for path in sorted((pathlib.Path(root) / "src" / room).glob("*.c")):
            found += mutants_of(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    return sorted(found, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.key}".encode()).hexdigest())


# ---- All mutants of a file in one -----------------------------------------------
#
# A mutant's unit is the smallest piece of the program around it that can be chosen when
# it runs: a condition, an initialiser, a returned value, a statement. All mutants of a
# unit and the original become
#
#     mutant == 7 ? (a - b) : mutant == 9 ? (a * b) : (a + b)
#
# or the same with `if` where the unit is a statement. Each alternative has its line, so
# that a compiler's error tells which mutant does not compile.

HEADERS = {"if", "while", "for", "switch"}
CHOSEN = "gemml_mutant"


def opening(tokens, i, brackets):
    """The innermost of these brackets that is open at token i; None without one."""
    depth = 0
    for k in range(i - 1, -1, -1):
        if tokens[k].text in ")]}":
            depth += 1
        elif tokens[k].text in "([{":
            if depth == 0:
                return k if tokens[k].text in brackets else opening(tokens, k, brackets)
            depth -= 1
    return None


def between(tokens, i, marks, ends):
    """(first, last) of the tokens around i, up to a mark or an end of its own level."""
    first, last, depth = i, i, 0
    while first > 0:
        text = tokens[first - 1].text
        if depth == 0 and (text in marks or text in "([{"):
            break
        depth += (text in ")]}") - (text in "([{")
        first -= 1
    depth = 0
    while last + 1 < len(tokens):
        text = tokens[last + 1].text
        if depth == 0 and (text in ends or text in ")]}"):
            break
        depth += (text in "([{") - (text in ")]}")
        last += 1
    return first, last


def header_of(tokens, i):
    """The keyword whose parentheses hold token i, and where they open."""
    at = opening(tokens, i, "(")
    while at is not None:
        if at > 0 and tokens[at - 1].text in HEADERS:
            return tokens[at - 1].text, at
        if opening(tokens, at, "{") is not None and opening(tokens, at, "([{") == opening(tokens, at, "{"):
            break
        at = opening(tokens, at, "(")
    return None, None


def statement_of(tokens, i, begin):
    """The first and last token of the simple statement at token i (the last is its ';')."""
    first, depth = i, 0
    while first > begin:
        text = tokens[first - 1].text
        if depth == 0 and text in (";", "else", "do"):
            break
        if text in ")]}":
            if depth == 0 and text == "}" and tokens[first].text not in (",", ")", ";", ".", "->", "}"):
                break
            if depth == 0 and text == ")" and is_header_end(tokens, first - 1):
                break
            depth += 1
        elif text in "([{":
            if depth == 0 and text == "{" and not is_initialiser(tokens, first - 1):
                break
            depth -= depth > 0
        first -= 1
    last = end_of_statement(tokens, first)
    return (first, last) if last is not None and last >= i else None


def is_header_end(tokens, i):
    """Does token i close the parentheses of an if, for, while or switch?"""
    depth = 0
    if tokens[i].text != ")":
        return False
    for k in range(i, -1, -1):
        depth += (tokens[k].text in ")]}") - (tokens[k].text in "([{")
        if depth == 0:
            return k > 0 and tokens[k - 1].text in HEADERS
    return False


def is_initialiser(tokens, brace):
    before = tokens[brace - 1].text
    return before in ("=", ",", "{", "(") or (before == ")" and not is_header_end(tokens, brace - 1) and brace > 1
                                              and opening(tokens, brace, "{") is not None)


def is_declaration(tokens, first):
    kinds = [token.kind for token in tokens[first : first + 3]]
    texts = [token.text for token in tokens[first : first + 3]]
    if texts[0] in TYPES | {"const", "struct", "enum", "unsigned", "_Thread_local"}:
        return True
    return kinds[0] == "name" and kinds[1] == "name"


def unit_of(tokens, i, begin):
    """(kind, first, last) with kind 'value' or 'statement'; None where there is none."""
    keyword, at = header_of(tokens, i)
    if keyword:
        first, last = between(tokens, i, ";", ";") if keyword == "for" else (at + 1, closing(tokens, at) - 1)
        if keyword == "for":
            first, last = for_part(tokens, at, i)
            if is_declaration(tokens, first):
                return initialiser_of(tokens, i, first, last)
        return "value", first, last
    found = statement_of(tokens, i, begin)
    if not found:
        return None
    first, last = found
    if tokens[first].text in ("case", "default", "goto", "static", "if", "for", "while", "switch", "else", "do"):
        return None
    if tokens[first].text == "return":
        return ("value", first + 1, last - 1) if last - 1 > first else None
    if is_declaration(tokens, first):
        return initialiser_of(tokens, i, first, last - 1)
    return "statement", first, last


def for_part(tokens, at, i):
    """The part of a for's header that holds token i."""
    first, depth, end = at + 1, 0, closing(tokens, at)
    for k in range(at + 1, end):
        depth += (tokens[k].text in "([{") - (tokens[k].text in ")]}")
        if tokens[k].text == ";" and depth == 0:
            if k > i:
                return first, k - 1
            first = k + 1
    return first, end - 1


def initialiser_of(tokens, i, first, last):
    """The initialiser, or the element of one in braces, that holds token i."""
    brace = opening(tokens, i, "{")
    if brace is not None and brace > first:
        left, right = between(tokens, i, ",{", ",}")
        while opening(tokens, left, "([{") != brace:
            left, right = between(tokens, opening(tokens, left, "(["), ",{", ",}")
        names = [k for k in range(left, right) if tokens[k].text == "=" and opening(tokens, k, "([{") == brace]
        if names and names[0] < i:
            left = names[0] + 1
        return "value", left, right
    depth, start = 0, None
    for k in range(first, last + 1):
        depth += (tokens[k].text in "([{") - (tokens[k].text in ")]}")
        if depth == 0 and tokens[k].text == "=" and k < i:
            start = k + 1
        if depth == 0 and tokens[k].text == "," and k < i:
            start = None
        if depth == 0 and tokens[k].text == "," and k > i:
            last = k - 1
            break
    return ("value", start, last) if start is not None and start <= i else None


def locate(source, mutants):
    """{(kind, from, to): [(number, mutant)]} in characters; and the numbers without a unit."""
    tokens = tokens_of(source)
    starts = [token.at for token in tokens]
    bodies = list(function_bodies(tokens))
    units, without = {}, []
    for number, mutant in mutants:
        i = bisect.bisect_left(starts, mutant.at)
        begin = next((first for first, last in bodies if first <= i < last), 0)
        unit = unit_of(tokens, i, begin)
        if unit:
            kind, first, last = unit
            left, right = tokens[first].at, tokens[last].at + len(tokens[last].text)
        if not unit or mutant.at < left or mutant.at + len(mutant.before) > right or "#" in source[left:right]:
            without.append(number)
        else:
            units.setdefault((kind, left, right), []).append((number, mutant))
    return units, without


def one_line(text):
    return " ".join(text.split("\n"))


def choice(kind, source, left, right, mutants, where):
    """The text of a unit; `where` gets its lines' texts by number."""
    original = source[left:right]
    lines = []
    for number, mutant in mutants:
        at = mutant.at - left
        text = one_line(original[:at] + mutant.after + original[at + len(mutant.before) :])
        test = f"{CHOSEN} == {number}"
        lines.append(f"if ({test}) {{ {text} }} else" if kind == "statement" else f"{test} ? ({text}) :")
        where.append((number, lines[-1]))
    if kind == "statement":
        return "{\n" + "\n".join(lines) + "\n{ " + original + " } }"
    return "(\n" + "\n".join(lines) + "\n(" + original + "))"


def all_in_one(source, mutants):
    """A file's text with all of these (number, mutant), and the number by line."""
    units, without = locate(source, mutants)
    where = []
    for kind, left, right in sorted(units, key=lambda unit: -unit[1]):
        source = source[:left] + choice(kind, source, left, right, units[kind, left, right], where) + source[right:]
    source = f"extern int {CHOSEN};\n" + source
    numbers = {text: number for number, text in where}
    lines = {k + 1: numbers[line] for k, line in enumerate(source.split("\n")) if line in numbers}
    return source, lines, without
