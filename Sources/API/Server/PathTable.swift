import Hummingbird

/// What an operation is answered by.
struct Route: Sendable {
    typealias Answer = @Sendable (Request, BasicRequestContext) async throws -> Response

    var operation: RESTOperation
    var answer: Answer

    var method: HTTPRequest.Method { operation.method }
    var path: String { operation.path }

    init(_ operation: RESTOperation, _ answer: @escaping Answer) {
        self.operation = operation
        self.answer = answer
    }
}

/// The methods that paths have.
struct PathTable: Sendable {
    private var entries: [(parts: [Substring], methods: Set<String>)] = []

    /// Where there is GET, there is HEAD.
    init(_ routes: [Route]) {
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            var methods = Set(routes.map(\.method.rawValue))
            if methods.contains("GET") { methods.insert("HEAD") }
            entries.append((path.split(separator: "/"), methods))
        }
    }

    /// Methods of a path in order of their names; nil for a path that there is not. What stands literally hides what does
    /// not, as it does when requests are answered.
    func methods(of path: String) -> [String]? {
        let parts = path.split(separator: "/")
        let found = entries.filter { entry in
            entry.parts.count == parts.count
                && zip(entry.parts, parts).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
        }
        func openParts(_ parts: [Substring]) -> Int { parts.count { $0.hasPrefix(":") } }
        return found.min { openParts($0.parts) < openParts($1.parts) }?.methods.sorted()
    }
}
