import Testing

@testable import Support

@Suite struct HomeFolderTests {
    @Test(arguments: [
        ("~", "/h"), ("~/a/b", "/h/a/b"), ("/a/~", "/a/~"), ("a~/b", "a~/b"), ("", ""),
        ("~nobody-of-this-name/x", "~nobody-of-this-name/x"),
    ])
    func whatHomeSays(path: String, expanded: String) {
        #expect(path.expandingHome(in: ["HOME": "/h"]) == expanded)
    }

    @Test func withoutHomeThereIsStillOne() {
        #expect("~/x".expandingHome(in: [:]).hasSuffix("/x") && !"~/x".expandingHome(in: ["HOME": ""]).hasPrefix("~"))
    }
}
