import Authorization
import Foundation
import Support
import Testing
import XMLRPC

/// Each method asks who calls, and what the service's mode allows.
@Suite struct XMLRPCAccessTests {
    private static let auth = XMLRPCCaller.authorization

    /// Calls about an infrastructure that there is not.
    private static let reading: [(String, [XMLRPCValue])] = [
        ("GetInfrastructureList", [auth]), ("GetInfrastructureInfo", ["x", auth]),
        ("GetInfrastructureState", ["x", auth]), ("GetInfrastructureRADL", ["x", auth]),
        ("GetInfrastructureContMsg", ["x", auth]), ("GetInfrastructureOwners", ["x", auth]),
        ("GetVMInfo", ["x", "0", auth]), ("GetVMProperty", ["x", "0", "state", auth]),
        ("GetVMContMsg", ["x", "0", auth]), ("GetCloudImageList", ["dummy", auth]),
        ("GetCloudQuotas", ["dummy", auth]),
        ("EstimateResources", [.string(Served.document), auth]), ("GetStats", ["", "", auth]),
        ("ExportInfrastructure", ["x", false, auth]),
    ]

    private static let changing: [(String, [XMLRPCValue])] = [
        ("CreateInfrastructure", [.string(Served.document), auth]), ("AddResource", ["x", "", auth]),
        ("RemoveResource", ["x", "0", auth]), ("Reconfigure", ["x", "", auth]), ("StartInfrastructure", ["x", auth]),
        ("StopInfrastructure", ["x", auth]), ("StartVM", ["x", "0", auth]), ("StopVM", ["x", "0", auth]),
        ("RebootVM", ["x", "0", auth]), ("AlterVM", ["x", "0", "", auth]),
        ("CreateDiskSnapshot", ["x", "0", 0, "name", false, auth]), ("ExportInfrastructure", ["x", true, auth]),
        ("ImportInfrastructure", ["{}", auth]), ("ChangeInfrastructureAuth", ["x", auth, false, auth]),
    ]

    private static let destroying: (String, [XMLRPCValue]) = ("DestroyInfrastructure", ["x", auth])

    private static let disabled: XMLRPCAnswer = .value([false, "Function currently disabled."])

    @Test(arguments: [AccessRules.Mode.reading, .readingAndDestroying, .everything])
    func modes(_ mode: AccessRules.Mode) async throws {
        try await Served.serve(nil, .xmlrpc, access: AccessRules(mode: mode)) { client in
            let call = XMLRPCCaller(client: client)
            for (method, parameters) in Self.reading {
                #expect(try await call.answer(method, parameters) != Self.disabled, "\(method)")
            }
            for (method, parameters) in Self.changing {
                let answer = try await call.answer(method, parameters)
                #expect((answer == Self.disabled) == (mode != .everything), "\(method): \(answer)")
            }
            let destroyed = try await call.answer(Self.destroying.0, Self.destroying.1)
            #expect((destroyed == Self.disabled) == (mode == .reading), "\(destroyed)")
        }
    }

    @Test func usersOfTheFileAlone() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "users-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(#"{"users": [{"username": "bob", "password": "one"}]}"#.utf8).write(to: URL(filePath: path))
        let access = AccessRules(users: try UserDatabase(path: path) { _ in })
        try await Served.serve(nil, .xmlrpc, access: access) { client in
            let call = XMLRPCCaller(client: client)
            for (method, parameters) in Self.reading + Self.changing + [Self.destroying] {
                #expect(
                    try await call.answer(method, parameters)
                        == .value([false, "Invalid InfrastructureManager credentials"]), "\(method)")
            }
            #expect(try await call("GetVersion") == "1.19.1")
            let names = Set((Self.reading + Self.changing + [Self.destroying]).map(\.0))
            guard case .value(.array(let all)) = try await call.answer("system.listMethods", []) else { return }
            let others = Set(all.map(\.text)).subtracting(names).filter { !$0.hasPrefix("system.") }
            #expect(others == ["GetVersion"])
        }
    }

    @Test func administratorsMayUseEverything() async throws {
        let access = AccessRules(administrators: [.init(username: "root", password: Secret("secret"))])
        try await Served.serve(nil, .xmlrpc, access: access) { client in
            let call = XMLRPCCaller(client: client)
            let id = try await call("CreateInfrastructure", .string(Served.document), Self.auth)
            let root: XMLRPCValue = [["type": "InfrastructureManager", "username": "root", "password": "secret"]]
            #expect(try await call("GetInfrastructureList", root) == [id])
            #expect(try await call("GetInfrastructureOwners", id, root) == ["ada"])
            let impostor: XMLRPCValue = [["type": "InfrastructureManager", "username": "root", "password": "x"]]
            #expect(try await call("GetInfrastructureList", impostor) == [])
        }
    }
}
