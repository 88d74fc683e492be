# SPDX-License-Identifier: Apache-2.0
"""What the kinds of clang's cursors are to mutation, and what one looks up of a cursor."""

from clang import cindex

Kind = cindex.CursorKind
Type = cindex.TypeKind

COMPARISONS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
}  # fmt: skip
LOGIC = {"&&": ("||",), "||": ("&&",)}
ARITHMETIC = {
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*",),
    "&": ("|",), "|": ("&",), "^": ("&",), "<<": (">>",), ">>": ("<<",),
}  # fmt: skip
ASSIGNMENTS = {f"{sign}=": tuple(f"{other}=" for other in others) for sign, others in ARITHMETIC.items()}
OPERATORS = COMPARISONS | LOGIC | ARITHMETIC | ASSIGNMENTS

INTEGERS = {
    Type.CHAR_U, Type.UCHAR, Type.USHORT, Type.UINT, Type.ULONG, Type.ULONGLONG, Type.CHAR_S, Type.SCHAR, Type.SHORT,
    Type.INT, Type.LONG, Type.LONGLONG,
}  # fmt: skip
FUNCTIONS = {
    Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.CONSTRUCTOR, Kind.DESTRUCTOR, Kind.CONVERSION_FUNCTION,
    Kind.FUNCTION_TEMPLATE,
}  # fmt: skip
# What the compiler works out, and what is not evaluated at all.
NEVER = {
    Kind.STATIC_ASSERT, Kind.ENUM_DECL, Kind.TYPE_ALIAS_DECL, Kind.TYPEDEF_DECL, Kind.TYPE_ALIAS_TEMPLATE_DECL,
    Kind.CONCEPT_DECL, Kind.TEMPLATE_NON_TYPE_PARAMETER, Kind.TEMPLATE_TYPE_PARAMETER, Kind.CXX_UNARY_EXPR,
    Kind.TYPE_REF, Kind.TEMPLATE_REF, Kind.NAMESPACE_REF, Kind.USING_DECLARATION, Kind.DECL_REF_EXPR,
    Kind.STRING_LITERAL,
}  # fmt: skip
TRANSPARENT = {Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR}


def place_of(cursor):
    return cursor.extent.start.offset, cursor.extent.end.offset


def core(cursor):
    """The expression inside parentheses and implicit conversions."""
    while cursor.kind in TRANSPARENT:
        children = list(cursor.get_children())
        if len(children) != 1:
            break
        cursor = children[0]
    return cursor


def is_bool(cursor):
    return cursor.type.get_canonical().kind == Type.BOOL


def operator_between(finder, left, right):
    between = finder.blank[left.extent.end.offset : right.extent.start.offset].decode(errors="replace").strip()
    return between if between in OPERATORS else None


def constant_types(blank, cursor):
    """The types of the constexpr variables of a namespace."""
    if cursor.kind == Kind.NAMESPACE:
        return set().union(*(constant_types(blank, child) for child in cursor.get_children()))
    words = blank[cursor.extent.start.offset : cursor.location.offset]
    if cursor.kind == Kind.VAR_DECL and b"constexpr" in words:
        return {cursor.type.get_canonical().spelling.removeprefix("const ")}
    return set()
