import ConnectorAPI
import Testing

@testable import Orchestration

/// Catalogs and lists of connectors that never end.
@Suite struct PagesTests {
    @Test func pagesEnd() throws {
        var pages = Pages(of: "a catalog", connector: "x")
        #expect(try pages.next("2") == "2")
        #expect(try pages.next("3") == "3")
        #expect(try pages.next(nil) == nil)
        let error = #expect(throws: ConnectorError.self) { try pages.next("2") }
        #expect(error?.code == .protocolViolation)
        #expect(error?.message.hasPrefix("connector 'x': a catalog gives a page again") == true)
    }

    @Test func thereAreNotTooMany() throws {
        var pages = Pages(of: "a list", connector: "x")
        for number in 1..<Pages.most { #expect(try pages.next("\(number)") == "\(number)") }
        let error = #expect(throws: ConnectorError.self) { try pages.next("last") }
        #expect(error?.message.contains("does not end after 1000 pages") == true)
    }
}
