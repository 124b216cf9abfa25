import ArgumentParser

/// A connector that works, as files: written for the cloud `mycloud` (`MyCloud`), whose name is replaced.
struct ConnectorTemplate {
    /// The languages in which one is there.
    enum Language: String, CaseIterable, ExpressibleByArgument {
        case python, swift, sh
    }

    struct File {
        /// Within the connector's folder.
        var path: String
        var isExecutable: Bool
        var text: String
    }

    /// Where a Swift connector finds Gantry's products.
    enum Dependency: Equatable {
        /// An absolute path.
        case path(String)
        case url(String)
    }

    /// `mycloud`: what the executable is called after `connector-`.
    var name: String
    var language: Language
    /// Used by Swift alone.
    var dependency: Dependency?

    /// Why a connector cannot have this name; nil: it can.
    static func problem(withName name: String, taken: [String]) -> String? {
        guard name.wholeMatch(of: /[a-z](-?[a-z0-9])*/) != nil, name.count <= 40 else {
            return "'\(name)' is no name for a connector: use small letters and digits, with single hyphens between "
                + "them, such as 'mycloud', at most 40"
        }
        if name == "check" || taken.contains(name) {
            return "'\(name)' is the name of something that comes with Gantry: choose another one"
        }
        return nil
    }

    /// `my-cloud` as the name of a type and of an auth line's `type`: `MyCloud`.
    var typeName: String {
        name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// What is to be written.
    var files: [File] {
        switch language {
        case .python:
            // The SDK stays as it is.
            Self.pythonFiles.map(named) + Self.pythonSDK
        case .sh: Self.shFiles.map(named)
        case .swift: Self.swiftFiles.map(named)
        }
    }

    private func named(_ file: File) -> File {
        File(path: named(file.path), isExecutable: file.isExecutable, text: named(file.text))
    }

    private func named(_ text: String) -> String {
        text.replacing("mycloud", with: name).replacing("MyCloud", with: typeName)
            .replacing("GANTRY_DEPENDENCY", with: dependencyText).replacing("GANTRY_PACKAGE", with: packageName)
    }

    private var dependencyText: String {
        switch dependency {
        case .path(let path): ".package(path: \(Self.literal(path)))"
        case .url(let url): ".package(url: \(Self.literal(url)), branch: \"main\")"
        case nil: ""
        }
    }

    /// The name that SwiftPM gives to a package: the last part of where it comes from.
    private var packageName: String {
        let origin =
            switch dependency {
            case .path(let path), .url(let path): path
            case nil: ""
            }
        let last = origin.split(separator: "/").last.map(String.init) ?? ""
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    private static func literal(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
