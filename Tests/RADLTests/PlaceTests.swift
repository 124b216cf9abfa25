import RADL
import Testing

/// Columns count scalars whatever stands before: strings of several lines, comments, skipped characters, letters of any
/// script.
@Suite("Places")
struct PlaceTests {
    @Test(arguments: [
        ("system a (x = 'ñ€🎉' and y 1)", 1, 27), ("system a (x = 'l1\nñ2' and y 1)", 2, 11),
        ("system xé (y 1)", 1, 14), ("§ñ system a (y 1)", 1, 16), ("# ñ\nsystem a (y 1)", 2, 13),
        ("system a (x = 'a\\ñ' and y 1)", 1, 27), ("\u{FEFF}system a (y 1)", 1, 13), ("system aß (y 1)", 1, 14),
        ("system a (x = ['ñ','ñ'] and y 1)", 1, 31), ("configure c (\n@begin\nñ\n@end ñ) system a (y 1)", 4, 21),
        ("system a (x = \"ñ\" and y 1)", 1, 25), ("system a (\r\n\ty 1)", 2, 4),
    ])
    func `columns count scalars`(_ text: String, _ line: Int, _ column: Int) throws {
        let reading = RADLDocument.read(RADLSource(text: text))
        let error = try #require(reading.errors.last)
        #expect(error.message.hasSuffix("found '1'"))
        #expect(error.range?.line == line)
        #expect(error.range?.column == column)
        let source = RADLSource(text: text)
        #expect(error.range.map { source.text(of: $0) } == "1")
    }
}
