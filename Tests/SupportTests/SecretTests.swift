import Support
import Testing

/// A secret does not show, however it is printed.
@Suite struct SecretTests {
    private static let marker = "hunter2-marker"

    private struct Account {
        var name = "ada"
        var password = Secret(SecretTests.marker)
        var optional: Secret<String>? = Secret(SecretTests.marker)
        var list = [Secret(SecretTests.marker)]
        var values = Secret(["password": SecretTests.marker])
        var bytes = Secret(Array(SecretTests.marker.utf8))
    }

    private enum Failure: Error {
        case refused(Secret<String>)
    }

    private static func dumped(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    static let printings: [(name: String, print: @Sendable (Any) -> String)] = [
        ("interpolation", { "\($0)" }),
        ("describing", { String(describing: $0) }),
        ("reflecting", { String(reflecting: $0) }),
        ("dump", { dumped($0) }),
        ("mirror", { Mirror(reflecting: $0).children.map { "\($0.label ?? "") \(dumped($0.value))" }.joined() }),
        (
            "print",
            {
                var text = ""
                print($0, to: &text)
                debugPrint($0, to: &text)
                return text
            }
        ),
    ]

    @Test(arguments: printings.map(\.name))
    func noPrintingShowsIt(_ name: String) throws {
        let printing = try #require(Self.printings.first { $0.name == name }).print
        let values: [Any] = [
            Secret(Self.marker), Account(), [Account()], ["key": Account()], Failure.refused(Secret(Self.marker)),
            Secret(Self.marker) as Secret<String>? as Any, Secret(Account()), (1, Secret(Self.marker)),
        ]
        for value in values {
            let text = printing(value)
            #expect(!text.contains(Self.marker), "\(type(of: value))")
            // The bytes of the marker's first letters: not as numbers either.
            #expect(!text.contains("104, 117"))
        }
    }

    @Test func itSaysThatItIsRedacted() {
        #expect("\(Secret(Self.marker))" == "<redacted>")
        #expect(String(reflecting: Secret(Self.marker)) == "<redacted>")
        #expect(Mirror(reflecting: Secret(Self.marker)).children.isEmpty)
        #expect("\(Account())".contains("ada"))
        #expect("\(Account())".contains("<redacted>"))
    }

    @Test func itIsExposedOnDemandOnly() {
        let secret: Secret<String> = "literal"
        #expect(secret.expose() == "literal")
        #expect(secret == Secret("literal"))
        #expect(secret != Secret("other"))
        #expect(Set([secret, Secret("literal"), Secret("other")]).count == 2)
        #expect(Secret([1, 2]).expose() == [1, 2])
    }
}
