import RADL

extension DocumentFile {
    /// A document for the service, which takes RADL's text form and opens no file: of the JSON form the text, and the
    /// included documents put in. What cannot be read stays as it is, so that its mistakes are told where they stand.
    static func text(_ text: String, of path: String) -> String {
        let source = RADLSource(text: text, file: path)
        if source.isJSON { return (try? RADLDocument(parsingJSON: source))?.text() ?? text }
        guard text.contains("include") else { return text }
        let reading = RADLDocument.read(source)
        guard reading.errors.isEmpty, !reading.document.includes.isEmpty else { return text }
        let folder = IncludeFolder(document: path)
        return (try? reading.document.resolvingIncludes { include, _ in try folder.source(of: include) })?.text()
            ?? text
    }
}
