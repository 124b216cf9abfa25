import Hummingbird

/// What a request of one method and path is answered by.
struct Route: Sendable {
    typealias Answer = @Sendable (Request, BasicRequestContext) async throws -> Response

    var method: HTTPRequest.Method
    /// With `:name` where a part may be anything.
    var path: String
    var answer: Answer

    init(_ method: HTTPRequest.Method, _ path: String, _ answer: @escaping Answer) {
        self.method = method
        self.path = path
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

    /// Methods of a path in order of their names; nil for a path that there is not.
    func methods(of path: String) -> [String]? {
        let parts = path.split(separator: "/")
        let found = entries.filter { entry in
            entry.parts.count == parts.count
                && zip(entry.parts, parts).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
        }
        return found.isEmpty ? nil : found.reduce(into: Set()) { $0.formUnion($1.methods) }.sorted()
    }
}
