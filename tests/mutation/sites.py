# SPDX-License-Identifier: Apache-2.0
"""Finds the mutants of one translation unit, from clang's syntax tree."""

import bisect
import re

from clang import cindex

from cursors import COMPARISONS, LOGIC, OPERATORS, INTEGERS, FUNCTIONS, NEVER, Kind, Type, place_of, constant_types, core, is_bool, operator_between
from mutant import BOOL, DECLARATION, EXPRESSION, JUMP, RETURN, VOID, Mutant, lines
from source_text import blanked, closing_parenthesis, end_of_statement, integer, on_one_line


class Finder:
    """The mutants of one file, as one translation unit sees it."""

    def __init__(self, name, source, macros):
        self.name = name
        self.source = source
        self.blank = blanked(source)
        self.macros = sorted(macros)
        self.found, self.tables = {}, set()  # tables: the types of the unit's constexpr variables

    def text(self, cursor):
        return self.source[cursor.extent.start.offset : cursor.extent.end.offset].decode(errors="replace")

    def in_macro(self, start, end):
        """Whether a macro's expansion holds the place, or begins or ends in the middle of it."""
        after = bisect.bisect_left(self.macros, (end, end))
        for macro_start, macro_end in self.macros[max(0, after - 20) : after]:
            if macro_start < end and start < macro_end and not (start <= macro_start and macro_end <= end):
                return True
            if (macro_start, macro_end) == (start, end):
                return True
        return False

    def add(self, place, joined, replacement, kind, before, after, context):
        start, end = place
        if self.in_macro(start, end) or (start, end, replacement) in self.found:
            return
        if on_one_line(self.source[start:end]) is None:
            return
        first, last = lines(self.source, start, end)
        self.found[start, end, replacement] = Mutant(
            self.name, start, end, first, last, joined, replacement, kind, " ".join(before.split()), after, context.constexpr
        )


class Context:
    """Where a node stands: in code that only runs when the program does, in constexpr code, or in neither."""

    def __init__(self, skipped=False, constexpr=False, returns_reference=False):
        self.skipped = skipped
        self.constexpr = constexpr
        self.returns_reference = returns_reference

    def changed(self, **changes):
        return Context(**(vars(self) | changes))


def negate(finder, cursor, context):
    """The truth of a call, a variable or a comparison of objects. Built-in operators have mutants of their own."""
    inner = core(cursor)
    text = finder.text(cursor)
    if inner.kind == Kind.BINARY_OPERATOR or inner.kind == Kind.CXX_BOOL_LITERAL_EXPR:
        return
    if inner.kind == Kind.UNARY_OPERATOR and is_not(finder, inner):
        return
    flat = on_one_line(text.encode())
    if flat:
        finder.add(place_of(cursor), BOOL, f"!({flat.decode()})", "negated", text, f"!({text})", context)


def is_not(finder, cursor):
    return re.match(r"!\s*[^=\s]", finder.text(cursor)) is not None


def force(finder, cursor, context):
    """A condition that always or never holds."""
    if core(cursor).kind == Kind.CXX_BOOL_LITERAL_EXPR:
        return
    for value in ("true", "false"):
        finder.add(place_of(cursor), BOOL, value, "condition", finder.text(cursor), value, context)
    negate(finder, cursor, context)


def visit_operator(finder, cursor, context):
    children = list(cursor.get_children())
    if len(children) == 2:
        sign = operator_between(finder, *children)
        left, right = (on_one_line(finder.text(child).encode()) for child in children)
        if sign and left and right:
            before = finder.text(cursor)
            for other in OPERATORS[sign]:
                operands = f"({left.decode()}) {other} ({right.decode()})"
                after = f"{left.decode()} {other} {right.decode()}"
                joined = BOOL if sign in COMPARISONS or sign in LOGIC else EXPRESSION
                finder.add(place_of(cursor), joined, operands, f"{sign} to {other}", before, after, context)
        if sign in LOGIC:
            for child in children:
                negate(finder, child, context)
    visit_children(finder, cursor, context)


def visit_unary(finder, cursor, context):
    text = finder.text(cursor)
    operand = next(cursor.get_children(), None)
    flat = on_one_line(finder.text(operand).encode()) if operand else None
    if flat:
        flat = flat.decode()
        if is_not(finder, cursor):
            finder.add(place_of(cursor), BOOL, f"({flat})", "! removed", text, flat, context)
        elif text.startswith("++") or text.startswith("--"):
            sign = "--" if text.startswith("++") else "++"
            finder.add(place_of(cursor), EXPRESSION, f"{sign}{flat}", f"{text[:2]} to {sign}", text, f"{sign}{flat}", context)
        elif text.startswith("-"):
            finder.add(place_of(cursor), EXPRESSION, f"({flat})", "- removed", text, flat, context)
        elif text.endswith("++") or text.endswith("--"):
            sign = "--" if text.endswith("++") else "++"
            finder.add(place_of(cursor), EXPRESSION, f"{flat}{sign}", f"{text[-2:]} to {sign}", text, f"{flat}{sign}", context)
    visit_children(finder, cursor, context)


def visit_call(finder, cursor, context):
    """Comparisons of objects, as of strings."""
    children = list(cursor.get_children())
    if len(children) == 3 and is_bool(cursor) and children[1].spelling in {f"operator{sign}" for sign in COMPARISONS}:
        # What the compiler made of <=> has places of other things.
        left, sign, right = (place_of(child) for child in children)
        if left[1] <= sign[0] and sign[1] <= right[0]:
            negate(finder, cursor, context)
    visit_children(finder, cursor, context)


def visit_integer(finder, cursor, context):
    text = finder.text(cursor)
    start, end = place_of(cursor)
    before = finder.blank[:start].rstrip()[-1:]
    after = finder.blank[end:].lstrip()[:1]
    literal = integer(text)
    # A size of an array or an argument of a template: the compiler would refuse it.
    if literal is None or (before == b"<" and after == b">") or (before == b"," and after == b">"):
        return
    value, suffix = literal
    for other in dict.fromkeys((value + 1, value - 1, 0) if value > 0 else (1,)):
        finder.add((start, end), EXPRESSION, f"{other}{suffix}", "constant", text, f"{other}{suffix}", context)


def visit_bool(finder, cursor, context):
    text = finder.text(cursor)
    if text in ("true", "false"):
        other = "false" if text == "true" else "true"
        finder.add(place_of(cursor), EXPRESSION, other, "constant", text, other, context)


def visit_return(finder, cursor, context):
    value = next(cursor.get_children(), None)
    end = end_of_statement(finder.blank, cursor.extent.end.offset)
    if value is not None and end is not None and not context.returns_reference:
        add_returns(finder, cursor, value, end, context)
    if value is not None and is_bool(value):
        negate(finder, value, context)
    visit_children(finder, cursor, context)


def add_returns(finder, cursor, value, end, context):
    text = finder.text(value)
    kind = value.type.get_canonical().kind
    if core(value).kind in (Kind.INTEGER_LITERAL, Kind.CXX_BOOL_LITERAL_EXPR, Kind.CXX_NULL_PTR_LITERAL_EXPR):
        return
    if kind == Type.BOOL:
        others = ("true", "false")
    elif kind in INTEGERS:
        others = ("0", "1")
    elif kind == Type.VOID or re.fullmatch(r"std::nullopt|[\w:]*\{\}|std::string\(\)", text):
        return
    else:
        others = ("{}",)
    for other in others:
        finder.add((cursor.extent.start.offset, end), RETURN, other, "return value", text, other, context)


def visit_jump(finder, cursor, context):
    end = end_of_statement(finder.blank, cursor.extent.end.offset)
    if end is not None:
        text = finder.text(cursor)
        finder.add((cursor.extent.start.offset, end), JUMP, "", "deleted", text, "nothing", context)


def visit_statement(finder, cursor, context):
    """A statement that is a call or an assignment can be left out."""
    inner = core(cursor)
    assigns = inner.kind == Kind.COMPOUND_ASSIGNMENT_OPERATOR or inner.kind == Kind.UNARY_OPERATOR
    if inner.kind == Kind.BINARY_OPERATOR:
        children = list(inner.get_children())
        between = finder.blank[children[0].extent.end.offset : children[-1].extent.start.offset]
        assigns = between.strip() == b"="
    if assigns or inner.kind == Kind.CALL_EXPR:
        if end_of_statement(finder.blank, cursor.extent.end.offset) is not None:
            finder.add(place_of(cursor), VOID, "0", "deleted", finder.text(cursor), "nothing", context)
    visit(finder, cursor, context)


def visit_block(finder, cursor, context):
    for child in cursor.get_children():
        visit_statement(finder, child, context)


def parentheses(finder, cursor):
    """The place between the parentheses after `if`, `while`, `for` or `switch`."""
    opening = finder.blank.find(b"(", cursor.extent.start.offset)
    closing = closing_parenthesis(finder.blank, opening) if opening >= 0 else None
    return (opening + 1, closing) if closing is not None else None


def visit_branches(finder, cursor, context):
    """if, while, for and switch: what stands in the parentheses, then statements."""
    head = parentheses(finder, cursor)
    if head is None:
        return
    before = finder.blank[cursor.extent.start.offset : head[0]]
    at_compile_time = b"constexpr" in before or b"consteval" in before
    inside = [child for child in cursor.get_children() if child.extent.start.offset < head[1]]
    bodies = [child for child in cursor.get_children() if child.extent.start.offset >= head[1]]
    if not at_compile_time:
        visit_head(finder, cursor, inside, head, context)
    for child in bodies:
        visit_statement(finder, child, context)


def visit_head(finder, cursor, inside, head, context):
    condition = None
    if cursor.kind in (Kind.IF_STMT, Kind.WHILE_STMT):
        condition = inside[-1] if inside else None
    elif cursor.kind == Kind.FOR_STMT:
        first = finder.blank.find(b";", head[0])
        second = finder.blank.find(b";", first + 1)
        condition = next((child for child in inside if first < child.extent.start.offset < second), None)
    declared = next((child for child in inside if child.kind == Kind.VAR_DECL), None)
    if declared is not None:
        declare(finder, cursor, declared, context)
    elif condition is not None:
        force(finder, condition, context)
    for child in inside:
        if declared is None or child.kind in (Kind.VAR_DECL, Kind.DECL_STMT):
            visit(finder, child, context)


def declare(finder, cursor, declared, context):
    """`if (auto x = f())`"""
    name = declared.spelling
    if cursor.kind != Kind.IF_STMT or not re.fullmatch(r"\w+", name):
        return
    end = declared.extent.end.offset
    text = finder.text(declared)
    for value, after in (("false", "false"), (f"!static_cast<bool>({name})", f"{text}; !{name}")):
        if not finder.in_macro(*place_of(declared)):
            finder.found[end, end, value] = Mutant(
                finder.name, end, end, *lines(finder.source, end, end), DECLARATION, value, f"condition ({text})", name, after,
                context.constexpr,
            )  # fmt: skip


def visit_do(finder, cursor, context):
    children = list(cursor.get_children())
    force(finder, children[-1], context)
    visit_children(finder, cursor, context)


def visit_case(finder, cursor, context):
    for child in list(cursor.get_children())[1:]:
        visit_statement(finder, child, context)


def visit_conditional(finder, cursor, context):
    children = list(cursor.get_children())
    if len(children) == 3:
        force(finder, children[0], context)
    visit_children(finder, cursor, context)


def visit_variable(finder, cursor, context):
    start, name = cursor.extent.start.offset, cursor.location.offset
    words = finder.blank[start:name]
    if re.search(rb"\b(constexpr|constinit)\b", words):
        context = context.changed(skipped=True)
    if cursor.kind == Kind.FIELD_DECL:
        # Of a table that is a constant, the compiler alone reads what stands here, as it does a constexpr variable's.
        in_table = cursor.semantic_parent.type.get_canonical().spelling in finder.tables
        context = context.changed(constexpr=True, skipped=in_table or context.skipped)
    for child in cursor.get_children():
        before = finder.blank[: child.extent.start.offset].rstrip()[-1:]
        of_type = child.extent.start.offset < name or before == b"[" or (cursor.kind == Kind.FIELD_DECL and before == b":")
        if not of_type:
            if child.kind.is_expression() and is_bool(child) and core(child).kind == Kind.CALL_EXPR and not context.skipped:
                negate(finder, child, context)
            visit(finder, child, context)


def visit_function(finder, cursor, context):
    words = finder.blank[cursor.extent.start.offset : cursor.location.offset]
    if b"consteval" in words or cursor.is_default_method() or cursor.is_deleted_method():
        return
    reference = cursor.result_type.get_canonical().kind in (Type.LVALUEREFERENCE, Type.RVALUEREFERENCE)
    inside = Context(constexpr=b"constexpr" in words or context.constexpr, returns_reference=reference)
    initialises = cursor.kind == Kind.CONSTRUCTOR
    for child in cursor.get_children():
        if child.kind in (Kind.PARM_DECL, Kind.COMPOUND_STMT, Kind.CXX_TRY_STMT):
            visit(finder, child, inside)
        elif initialises and child.kind.is_expression() and child.extent.start.offset > cursor.location.offset:
            visit(finder, child, inside)


def visit_lambda(finder, cursor, context):
    # It runs when the program does, even where the table that holds it is constexpr.
    inside = Context(constexpr=context.constexpr or context.skipped)
    for child in cursor.get_children():
        if child.kind == Kind.COMPOUND_STMT:
            visit(finder, child, inside)
        elif not context.skipped:
            visit(finder, child, context)


def visit_member(finder, cursor, context):
    for child in cursor.get_children():
        if child.extent.end.offset <= cursor.location.offset:
            visit(finder, child, context)


def visit_children(finder, cursor, context):
    for child in cursor.get_children():
        visit(finder, child, context)


VISITORS = {
    Kind.BINARY_OPERATOR: visit_operator,
    Kind.COMPOUND_ASSIGNMENT_OPERATOR: visit_operator,
    Kind.UNARY_OPERATOR: visit_unary,
    Kind.CALL_EXPR: visit_call,
    Kind.INTEGER_LITERAL: visit_integer,
    Kind.CXX_BOOL_LITERAL_EXPR: visit_bool,
    Kind.RETURN_STMT: visit_return,
    Kind.BREAK_STMT: visit_jump,
    Kind.CONTINUE_STMT: visit_jump,
    Kind.COMPOUND_STMT: visit_block,
    Kind.IF_STMT: visit_branches,
    Kind.WHILE_STMT: visit_branches,
    Kind.FOR_STMT: visit_branches,
    Kind.SWITCH_STMT: visit_branches,
    Kind.CXX_FOR_RANGE_STMT: visit_branches,
    Kind.DO_STMT: visit_do,
    Kind.CASE_STMT: visit_case,
    Kind.DEFAULT_STMT: visit_block,
    Kind.CONDITIONAL_OPERATOR: visit_conditional,
    Kind.VAR_DECL: visit_variable,
    Kind.FIELD_DECL: visit_variable,
    Kind.PARM_DECL: visit_variable,
    Kind.LAMBDA_EXPR: visit_lambda,
    Kind.MEMBER_REF_EXPR: visit_member,
} | {kind: visit_function for kind in FUNCTIONS}

# In a constexpr variable only these lead to code that runs later.
DECLARATIONS = {Kind.LAMBDA_EXPR, *FUNCTIONS}


def visit(finder, cursor, context):
    if cursor.kind in NEVER:
        return
    if context.skipped and cursor.kind not in DECLARATIONS:
        visit_children(finder, cursor, context)
        return
    VISITORS.get(cursor.kind, visit_children)(finder, cursor, context)


def mutants_of(path, arguments, root):
    """{file: mutants} of the translation unit at `path`, headers below `root` included, the files it reads there, and errors."""
    unit = cindex.Index.create().parse(
        path, [*arguments, "-Wno-everything"], options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD
    )
    errors = [str(said) for said in unit.diagnostics if said.severity >= cindex.Diagnostic.Error]
    finders, macros, top = {}, {}, []
    for cursor in unit.cursor.get_children():
        file = cursor.location.file
        name = file.name if file else ""
        if not name.startswith(root + "/"):
            continue
        if cursor.kind == Kind.MACRO_INSTANTIATION:
            macros.setdefault(name, []).append(place_of(cursor))
        elif not cursor.kind.is_preprocessing():
            top.append((name, cursor))
    for name, cursor in top:
        if name not in finders:
            with open(name, "rb") as file:
                finders[name] = Finder(name[len(root) + 1 :], file.read(), macros.get(name, []))
    tables = set().union(*(constant_types(finders[name].blank, cursor) for name, cursor in top))
    for name, cursor in top:
        finders[name].tables = tables
        visit(finders[name], cursor, Context())
    read = {path} | {each.include.name for each in unit.get_includes() if each.include.name.startswith(root + "/")}
    return {finder.name: list(finder.found.values()) for finder in finders.values()}, read, errors
