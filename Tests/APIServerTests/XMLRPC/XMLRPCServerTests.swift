import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import XMLRPC

/// What clients of XML-RPC send, beside what was recorded.
@Suite struct XMLRPCServerTests {
    private static let version = "<methodCall><methodName>GetVersion</methodName></methodCall>"
    private static let auth = XMLRPCCaller.authorization

    // MARK: HTTP

    @Test func pathsAndMethods() async throws {
        try await XMLRPCCaller.serve { call in
            for path in ["/", "/RPC2", "/RPC2/"] {
                let answer = try await call.send(Self.version, path: path)
                #expect(answer.status == .ok)
                #expect(answer.headers[.contentType] == "text/xml; charset=utf-8")
                #expect(try XMLRPCCaller.answer(answer.text) == .value([true, "1.19.1"]))
            }
            for path in ["/foo", "/RPC2/x", "/infrastructures"] {
                let answer = try await call.send(Self.version, path: path)
                #expect(answer.status == .notFound)
                #expect(answer.text == "No such page")
            }
            for method in [HTTPRequest.Method.get, .put, .delete, .options] {
                let answer = try await call.send(Self.version, method)
                #expect(answer.status == .methodNotAllowed)
                #expect(answer.headers[.allow] == "POST")
            }
            let packed = try await call.send(Self.version, headers: [.contentEncoding: "gzip"])
            #expect(packed.status == .unsupportedMediaType)
            let typed = try await call.send(Self.version, headers: [.contentType: "application/x-www-form-urlencoded"])
            #expect(typed.status == .ok)
        }
    }

    @Test(arguments: [false, true]) func bodiesThatAreNone(_ overNetwork: Bool) async throws {
        try await XMLRPCCaller.serve(overNetwork: overNetwork) { call in
            for text in [
                "", "not xml", "<methodCall>", "<!DOCTYPE x>" + Self.version,
                String(repeating: "<methodCall>", count: 10_000),
            ] {
                let answer = try await call.send(text)
                #expect(answer.status == .ok)
                guard case .fault(_, let reason) = try XMLRPCCaller.answer(answer.text) else {
                    Issue.record("\(text.prefix(40)): \(answer.text)")
                    continue
                }
                #expect(!reason.isEmpty)
            }
            let large = "<methodCall><methodName>" + String(repeating: " ", count: 33 << 20)
            let answer = try await call.send(large)
            #expect(answer.status == .contentTooLarge)
            #expect(answer.text.contains("32 MiB"))
            #expect(try await call("GetVersion") == "1.19.1")
        }
    }

    // MARK: Calls

    @Test(
        arguments: [
            (
                "GetInfrastructureList", [],
                "GetInfrastructureList() missing 1 required positional argument: 'auth_data'"
            ),
            ("GetVMInfo", ["a"], "GetVMInfo() missing 2 required positional arguments: 'vm_id' and 'auth_data'"),
            (
                "GetVMInfo", [],
                "GetVMInfo() missing 3 required positional arguments: 'inf_id', 'vm_id', and 'auth_data'"
            ),
            ("GetVersion", ["a"], "GetVersion() takes 0 positional arguments but 1 was given"),
            ("GetVMInfo", ["a", "b", "c", "d"], "GetVMInfo() takes 3 positional arguments but 4 were given"),
            (
                "GetInfrastructureList", ["a", "b", "c"],
                "GetInfrastructureList() takes from 1 to 2 positional arguments but 3 were given"
            ),
        ] as [(String, [XMLRPCValue], String)])
    func wrongNumbersOfArguments(_ method: String, _ values: [XMLRPCValue], _ text: String) async throws {
        try await XMLRPCCaller.serve { call in
            let answer = try await call.answer(method, values)
            #expect(answer == .fault(code: 1, text: "<class 'TypeError'>:\(text)"))
        }
    }

    @Test(
        arguments: [
            ([], "No credentials provided for the InfrastructureManager."),
            ([["type": "Dummy"]], "No credentials provided for the InfrastructureManager."),
            ([["type": "InfrastructureManager"]], "No username nor token for the InfrastructureManager."),
            (
                [["type": "InfrastructureManager", "username": "__OPENID__x", "password": "p"]],
                "Invalid username used for the InfrastructureManager."
            ),
            ([["username": "x"]], "item 1 of the authorization data has no 'type'"),
            ("text", "auth_data of GetInfrastructureList is an array of structs, not string"),
            (["text"], "auth_data of GetInfrastructureList is an array of structs, not array"),
            (.null, "auth_data of GetInfrastructureList is an array of structs, not nil"),
            ([["type": ["x"]]], "type of an item of auth_data is a string, not array"),
        ] as [(XMLRPCValue, String)])
    func logins(_ auth: XMLRPCValue, _ text: String) async throws {
        try await XMLRPCCaller.serve { call in
            let failure = try await call.failure("GetInfrastructureList", auth)
            #expect(failure.hasPrefix(text), "\(failure)")
        }
    }

    @Test func argumentsAsClientsSendThem() async throws {
        try await XMLRPCCaller.serve { call in
            // A password that is a number, a document as bytes, a truth value as a text.
            let auth: XMLRPCValue = [
                ["type": "InfrastructureManager", "username": "ada", "password": 1, "token": .null],
                ["id": "dummy", "type": "Dummy"],
            ]
            let id = try await call("CreateInfrastructure", .base64(Array(Served.document.utf8)), auth, "no")
            try await call.settle(id.text)
            #expect(try await call("GetInfrastructureInfo", id, auth) == ["0", "1"])
            for number in ["1", 1, .double(1), " 1 "] as [XMLRPCValue] {
                #expect(try await call("GetVMProperty", id, number, "state", auth) == "configured", "\(number)")
            }
            #expect(try await call.failure("GetVMInfo", id, "x", auth) == "Invalid VM ID")
            #expect(try await call.failure("GetVMInfo", id, [], auth) == "vm_id of GetVMInfo is a string, not array")
            #expect(
                try await call.failure("GetInfrastructureContMsg", id, auth, []).contains("headeronly"), "a boolean")
            #expect(
                try await call.failure("RemoveResource", id, .structure([]), auth)
                    == "Incorrect parameter type to RemoveResource function: expected: str, int or list of str.")
            #expect(try await call.failure("RemoveResource", id, "x", auth) == "Invalid VM ID")
            #expect(try await call("RemoveResource", id, ["1"], auth, .null) == 1)
            try await call.settle(id.text)
            #expect(try await call("GetInfrastructureInfo", id, auth) == ["0"])
            #expect(
                try await call("AddResource", id, "network public\nsystem node\ndeploy node 2", auth, .null) == [2, 3])
        }
    }

    @Test func propertiesHaveTheirTypes() async throws {
        let document = Served.document.replacing(
            "disk.0.image.url",
            with: "cpu.count >= 1 and memory.size >= 8g and rate = 1.5 and tags = ['a','b'] and disk.0.image.url")
        try await XMLRPCCaller.serve { call in
            let id = try await call("CreateInfrastructure", .string(document), Self.auth)
            func property(_ name: XMLRPCValue) async throws -> XMLRPCValue {
                try await call("GetVMProperty", id, "0", name, Self.auth)
            }
            #expect(try await property("cpu.count") == 4)
            #expect(try await property("rate") == .double(1.5))
            #expect(try await property("tags") == ["a", "b"])
            // More than an int can hold.
            let memory = try await property("memory.size").text
            #expect(Int(memory).map { $0 >= 8_000_000_000 } == true, "\(memory)")
            #expect(
                try await call.failure("GetVMProperty", id, "0", "nope", Self.auth)
                    == "Incorrect property nope for VM ID 0")
        }
    }

    @Test func filters() async throws {
        let named = "description x (name = 'my site')\n" + Served.document
        try await XMLRPCCaller.serve { call in
            let (a, b) = (
                try await call("CreateInfrastructure", .string(named), Self.auth),
                try await call("CreateInfrastructure", .string(Served.document), Self.auth)
            )
            func list(_ filter: XMLRPCValue) async throws -> XMLRPCValue {
                try await call("GetInfrastructureList", Self.auth, filter)
            }
            for all in [.null, "", "node", "n.de\\s*\\(", "public|private"] as [XMLRPCValue] {
                #expect(try await list(all) == [a, b], "\(all)")
            }
            // What IM's own client asks for by a name.
            let byName = ".*description\\s*.*\\s*(\\s*name\\s*=\\s*'my site'.*).*"
            #expect(try await list(.string(byName)) == [a])
            #expect(try await list("my site") == [a])
            #expect(try await list("^network") == [b])
            #expect(try await list("no site") == [])
            #expect(try await list("^my site") == [])
            #expect(try await call.failure("GetInfrastructureList", Self.auth, "(").contains("filter"))
            #expect(try await call.failure("GetInfrastructureList", Self.auth, "(a{1000}){1000}").contains("filter"))
        }
    }

    // MARK: What the interface tells of itself

    @Test func introspection() async throws {
        try await XMLRPCCaller.serve { call in
            guard case .value(.array(let names)) = try await call.answer("system.listMethods", []) else {
                Issue.record("no list")
                return
            }
            #expect(names.count == 33)
            for name in names {
                guard case .value(.string(let help)) = try await call.answer("system.methodHelp", [name]),
                    case .value(.array(let signatures)) = try await call.answer("system.methodSignature", [name])
                else {
                    Issue.record("\(name)")
                    continue
                }
                #expect(help.hasPrefix("\(name.text)("))
                #expect(!signatures.isEmpty)
            }
            #expect(
                try await call.answer("system.methodSignature", ["GetInfrastructureList"])
                    == .value([["array", "array"], ["array", "array", "string"]]))
            #expect(
                try await call.answer("system.methodHelp", ["AddResource"])
                    == .value(
                        .string(
                            "AddResource(inf_id, radl_data, auth_data, [context]): adds what a RADL document deploys; "
                                + "ids of the new machines")))
            #expect(
                try await call.answer("system.methodHelp", ["nope"])
                    == .fault(code: 1, text: "<class 'Exception'>:method \"nope\" is not supported"))
            guard case .fault = try await call.answer("system.methodHelp", [1]) else {
                Issue.record("help of a number")
                return
            }
        }
    }

    @Test func several() async throws {
        try await XMLRPCCaller.serve { call in
            let answer = try await call.answer(
                "system.multicall",
                [
                    [
                        ["methodName": "GetVersion", "params": []],
                        ["methodName": "GetInfrastructureList", "params": [Self.auth]],
                        ["methodName": "GetInfrastructureList", "params": [[]]],
                        ["methodName": "NoSuch", "params": []],
                        ["methodName": "system.multicall", "params": [[]]],
                        ["methodName": "GetVersion"],
                        "GetVersion",
                    ]
                ])
            guard case .value(.array(let answers)) = answer, answers.count == 7 else {
                Issue.record("\(answer)")
                return
            }
            #expect(answers[0] == [[true, "1.19.1"]])
            #expect(answers[1] == [[true, []]])
            #expect(answers[2] == [[false, "No credentials provided for the InfrastructureManager."]])
            #expect(
                answers[3]
                    == ["faultCode": 1, "faultString": "<class 'Exception'>:method \"NoSuch\" is not supported"])
            #expect(answers[4]["faultCode"] == 1)
            #expect(answers[5] == [[true, "1.19.1"]])
            #expect(answers[6]["faultCode"] == 1)
            for wrong in [[], ["x"], [[], []]] as [[XMLRPCValue]] {
                guard case .fault = try await call.answer("system.multicall", wrong) else {
                    Issue.record("\(wrong)")
                    continue
                }
            }
        }
    }
}
