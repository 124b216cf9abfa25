import Foundation
import Support
import Testing

@Suite struct IdentifierTests {
    private struct ThingID: Identifier {
        var rawValue: String

        init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    @Test func randomOnesAreLowerCaseUUIDs() {
        let ids = (0..<100).map { _ in ThingID.random() }
        #expect(Set(ids).count == 100)
        for id in ids {
            #expect(UUID(uuidString: id.rawValue)?.uuidString.lowercased() == id.rawValue)
        }
    }

    @Test func inJSONTheyAreTexts() throws {
        let ids = [ThingID(rawValue: "a"), ThingID(rawValue: "b/\"")]
        let data = try JSONEncoder().encode(ids)
        #expect(try JSONDecoder().decode([String].self, from: data) == ["a", "b/\""])
        #expect(try JSONDecoder().decode([ThingID].self, from: data) == ids)
    }

    @Test func theyPrintAndSortAsTheirTexts() {
        #expect("\(ThingID(rawValue: "x"))" == "x")
        #expect([ThingID(rawValue: "b"), ThingID(rawValue: "a")].sorted().map(\.rawValue) == ["a", "b"])
    }
}
