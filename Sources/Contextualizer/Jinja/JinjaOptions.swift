/// How templates are read and how values are printed. The defaults are Ansible's.
public struct JinjaOptions: Sendable, Hashable {
    /// What happens to the newline at the end of a template.
    public enum TrailingNewline: Sendable, Hashable {
        /// One is removed (Jinja2's default).
        case strip
        /// It stays.
        case keep
        /// It is removed, and text that results gets as many newlines at its end as the template has (Ansible).
        case restore
    }

    /// Which recipes are accepted.
    public enum Dialect: Sendable, Hashable {
        /// What Ansible 2.16 and older accept: tests as filters, conditions of any type. Warnings name the modern form.
        case lenient
        /// Ansible 2.19's rules.
        case strict
    }

    public var trimBlocks = true
    public var lstripBlocks = false
    public var trailingNewline = TrailingNewline.restore
    public var dialect = Dialect.lenient
    /// Whether `{{ none }}` prints nothing (Ansible) or `None` (Jinja2).
    public var printsNoneAsEmpty = true
    /// Whether a template or macro that is one `{{ … }}` gives the value in its type, and tuples become lists when they
    /// leave a template (Ansible); else everything is text (Jinja2).
    public var usesNativeTypes = true
    /// Whether a backslash in a string inside `{{ … }}` stands for itself, as in the text of Ansible's playbooks, where
    /// `'\1'` is a reference of a regular expression. Strings in `{% … %}`, in bare expressions and in template files
    /// have Python's escapes.
    public var keepsBackslashes = true
    /// What a newline of the template's own text becomes; those of values stay as they are.
    public var newlineSequence = "\n"
    public var variableStart = "{{"
    public var variableEnd = "}}"
    public var blockStart = "{%"
    public var blockEnd = "%}"
    public var commentStart = "{#"
    public var commentEnd = "#}"

    public init() {}
}

/// Bounds of one evaluation. All are per call of the environment, nested templates included.
public struct JinjaLimits: Sendable, Hashable {
    /// Evaluated expressions and loop rounds.
    public var maximumSteps = 20_000_000
    /// Nesting of calls, includes and variables that refer to variables.
    public var maximumDepth = 100
    /// Bytes of one text, items of one list, and bytes of the whole output.
    public var maximumSize = 64 << 20
    /// Bytes of one template's text.
    public var maximumTemplateSize = 64 << 20

    public init() {}
}
