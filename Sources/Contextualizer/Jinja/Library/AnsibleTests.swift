extension BuiltIns {
    static let ansibleTests: [String: JinjaFunction] = {
        let nan = plainTest { $0.number?.double.isNaN ?? false }
        var tests: [String: JinjaFunction] = [
            "truthy": JinjaFunction(["value", "convert_bool"]) { arguments, _ in
                .bool(
                    (arguments.flag(1, "convert_bool") ? toBool(arguments.subject) : arguments.subject).isTrue)
            },
            "falsy": JinjaFunction(["value", "convert_bool"]) { arguments, _ in
                .bool(
                    !(arguments.flag(1, "convert_bool") ? toBool(arguments.subject) : arguments.subject).isTrue)
            },
            "contains": JinjaFunction(["seq", "value"]) { arguments, context in
                .bool(try arguments.subject.contains(try context.plain(arguments.value(1, "value") ?? .none)))
            },
            "any": JinjaFunction(["value"]) { arguments, context in
                .bool(try context.items(of: arguments.subject).contains { $0.isTrue })
            },
            "all": JinjaFunction(["value"]) { arguments, context in
                .bool(try context.items(of: arguments.subject).allSatisfy { $0.isTrue })
            },
            "subset": subset, "issubset": subset, "superset": superset, "issuperset": superset,
            "version": versionFunction, "version_compare": versionFunction,
            "match": regexTest(isAnchored: true), "search": regexTest(isAnchored: false),
            "regex": JinjaFunction(["value", "pattern", "ignorecase", "multiline", "match_type"]) {
                arguments, context in
                let kind = try arguments.text(4, "match_type") ?? "search"
                return try matches(arguments, context, isAnchored: kind != "search", isFull: kind == "fullmatch")
            },
            "nan": nan, "isnan": nan,
            "abs": plainTest { $0.text.hasPrefix("/") }, "is_abs": plainTest { $0.text.hasPrefix("/") },
            "vault_encrypted": plainTest { $0.text.hasPrefix("$ANSIBLE_VAULT") },
            "url": plainTest { value in
                let parts = URLParts(value.text).dict
                return parts["scheme"]?.isTrue == true && parts["netloc"]?.isTrue == true
            },
            "urn": plainTest { URLParts($0.text).dict["scheme"]?.text == "urn" },
            "uri": plainTest { URLParts($0.text).dict["scheme"]?.isTrue == true },
        ]
        for name in ["failed", "failure"] { tests[name] = resultTest(name) { flag($0, "failed") } }
        for name in ["succeeded", "success", "successful"] { tests[name] = resultTest(name) { !flag($0, "failed") } }
        for name in ["changed", "change"] {
            tests[name] = resultTest(name) { result in
                if result["changed"] != nil { return flag(result, "changed") }
                return result["results"]?.listValue?.contains { $0["changed"]?.isTrue ?? false } ?? false
            }
        }
        for name in ["skipped", "skip"] { tests[name] = resultTest(name) { flag($0, "skipped") } }
        tests["unreachable"] = resultTest("unreachable") { flag($0, "unreachable") }
        tests["reachable"] = resultTest("reachable") { !flag($0, "unreachable") }
        tests["timedout"] = resultTest("timedout") { $0["timedout"]?.isTrue ?? false }
        tests["started"] = resultTest("started") { $0["started"] == nil || flag($0, "started") }
        tests["finished"] = resultTest("finished") { $0["finished"] == nil || flag($0, "finished") }
        // What looks at the controller's files is refused: a recipe runs for somebody who does not own the controller.
        for name in [
            "exists", "file", "directory", "link", "link_exists", "mount", "is_mount", "same_file", "is_same_file",
        ] {
            tests[name] = JinjaFunction(nil) { _, _ in
                throw JinjaError(
                    .refused, "the test '\(name)' looks at files of the controller: use the module 'stat' instead")
            }
        }
        return tests
    }()

    private static func flag(_ result: JinjaDict, _ key: String) -> Bool {
        switch result[key] {
        case nil: false
        case .string(let text)?: toBool(.string(text)).isTrue
        case let value?: value.isTrue
        }
    }

    /// A test of a task's registered result.
    private static func resultTest(
        _ name: String, _ test: @escaping @Sendable (JinjaDict) -> Bool
    ) -> JinjaFunction {
        JinjaFunction(["result"]) { arguments, _ in
            guard case .dict(let result) = arguments.subject else {
                throw JinjaError.type("The '\(name)' test expects a dictionary")
            }
            return .bool(test(result))
        }
    }

    private static let subset = JinjaFunction(["a", "b"]) { arguments, context in
        let others = try context.items(of: arguments.value(1, "b") ?? .none)
        return .bool(
            try context.items(of: arguments.subject).allSatisfy { item in others.contains { $0.isEqual(to: item) } })
    }

    private static let superset = JinjaFunction(["a", "b"]) { arguments, context in
        let items = try context.items(of: arguments.subject)
        return .bool(
            try context.items(of: arguments.value(1, "b") ?? .none).allSatisfy { other in
                items.contains { $0.isEqual(to: other) }
            })
    }

    private static func regexTest(isAnchored: Bool) -> JinjaFunction {
        JinjaFunction(["value", "pattern", "ignorecase", "multiline"]) { arguments, context in
            try matches(arguments, context, isAnchored: isAnchored, isFull: false)
        }
    }

    private static func matches(
        _ arguments: JinjaArguments, _ context: JinjaContext, isAnchored: Bool, isFull: Bool
    ) throws(JinjaError) -> JinjaValue {
        var pattern = try arguments.text(1, "pattern") ?? ""
        if isFull { pattern = "(?:\(pattern))\\Z" }
        let regex = try PythonRegex(
            pattern, ignoresCase: arguments.flag(2, "ignorecase"), isMultiline: arguments.flag(3, "multiline"))
        let text = arguments.subject.text.scalars
        return .bool(try regex.firstMatch(in: text, isAnchored: isAnchored, context) != nil)
    }
}
