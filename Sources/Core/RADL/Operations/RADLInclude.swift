/// `include ID (template = 'NAME')`: another document whose sections are meant to be here. A word of EC3.
///
/// Reading a text never opens what it names: the includes stand in ``RADLDocument/includes``, and
/// ``RADLDocument/resolvingIncludes(limits:_:)`` puts in what the caller hands over.
public struct RADLInclude: Sendable, Hashable {
    /// Id of the sentence; of no meaning.
    public var id: String
    /// Name of the other document: `template` in the parentheses, else the id.
    public var template: String
    /// From the keyword to the end of the sentence.
    @Incidental public var source: SourceRange?

    public init(id: String, template: String, source: SourceRange? = nil) {
        self.id = id
        self.template = template
        self.source = source
    }

    /// How much is put in at most.
    public struct Limits: Sendable, Hashable {
        /// Documents in documents.
        public var depth: Int
        /// Includes of all documents together.
        public var count: Int
        /// Bytes of all included documents together.
        public var bytes: Int

        public init(depth: Int = 16, count: Int = 256, bytes: Int = 16 << 20) {
            self.depth = depth
            self.count = count
            self.bytes = bytes
        }
    }
}
