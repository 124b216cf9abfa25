import Foundation
import Glibc

/// A connector in another language than Swift, whose cloud is a file beside it, and which goes wrong as it is told.
struct ShopConnector {
    enum Fault: String, CaseIterable, Sendable {
        /// A launch is never answered.
        case hangInLaunch
        /// Ends after the machines were made, before the answer; once.
        case dieInLaunch
        /// Ends at each start.
        case dieAtStart
        /// Writes 100 MB to its standard error while it launches.
        case flood
        /// Writes what is no message to its standard output, in place of the answer to a launch.
        case rubbish
        /// Says a state that there is not.
        case otherState
        /// Chooses a version of the protocol that the host does not speak.
        case otherVersion
        /// What `describe` prints tells of such a version.
        case describesOtherVersion
        /// `describe` prints what is no description.
        case describesRubbish
        /// `describe` never ends.
        case hangInDescribe
    }

    let folder: String
    private var path: String { folder + "/connector-shop" }

    init(_ folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.text.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o755)
    }

    /// nil: it works.
    func set(_ fault: Fault?) throws {
        try (fault?.rawValue ?? "").write(toFile: folder + "/fault", atomically: true, encoding: .utf8)
    }

    func setExecutable(_ isExecutable: Bool) {
        chmod(path, isExecutable ? 0o755 : 0o644)
    }

    func remove() throws {
        try FileManager.default.removeItem(atPath: path)
    }

    /// Machines that are really there.
    func machines() throws -> Int {
        guard let data = FileManager.default.contents(atPath: folder + "/cloud") else { return 0 }
        struct Entry: Decodable { var state: String }
        return try JSONDecoder().decode([String: Entry].self, from: data).values.filter { $0.state == "running" }.count
    }

    private static let text = #"""
        #!/usr/bin/env python3
        import json, os, sys, time

        folder = os.path.dirname(os.path.abspath(__file__))

        def read(name, default):
            try:
                with open(os.path.join(folder, name)) as file:
                    return file.read()
            except FileNotFoundError:
                return default

        def write(name, text):
            with open(os.path.join(folder, name + ".new"), "w") as file:
                file.write(text)
            os.rename(os.path.join(folder, name + ".new"), os.path.join(folder, name))

        fault = read("fault", "")
        version = 7 if fault in ("otherVersion", "describesOtherVersion") else 1
        hello = {"protocolVersion": 1, "connector": {"name": "shop", "version": "1", "title": "Shop"},
                 "providerTypes": ["Shop"], "imageSchemes": ["shop"], "capabilities": {}}

        if sys.argv[1] == "describe":
            if fault == "hangInDescribe":
                time.sleep(1000)
            if fault == "describesOtherVersion":
                hello["protocolVersion"] = version
            print("Welcome!" if fault == "describesRubbish" else json.dumps(hello))
            sys.exit()
        if fault == "dieAtStart":
            print("the licence of the shop has ended", file=sys.stderr)
            sys.exit(3)

        def machine(id, entry):
            state = "flying" if fault == "otherState" else entry["state"]
            return {"id": id, "machineID": entry["machineID"], "state": state, "tags": entry["tags"],
                    "addresses": [{"interface": 0, "address": "10.9.0.1", "family": "ipv4", "public": False}]}

        def launch(params):
            cloud = json.loads(read("cloud", "{}"))
            results = []
            for number, item in enumerate(params["items"]):
                id = params["batchToken"] + "-" + str(number)
                tags = {**params["tags"], **item["tags"], "gantry:batch": params["batchToken"]}
                cloud.setdefault(id, {"machineID": item["machineID"], "state": "running", "tags": tags})
                results.append({"done": machine(id, cloud[id])})
            if fault == "hangInLaunch":
                time.sleep(1000)
            write("cloud", json.dumps(cloud))
            if fault == "dieInLaunch":
                write("fault", "")
                os._exit(7)
            if fault == "flood":
                for _ in range(1000):
                    sys.stderr.write(("x" * 99 + "\n") * 1000)
            if fault == "rubbish":
                print("done, boss", flush=True)
            return results

        def describe(params):
            cloud = json.loads(read("cloud", "{}"))
            missing = {"error": {"code": "notFound", "message": "the shop has no such machine"}}
            return [{"done": machine(id, cloud[id])} if id in cloud else missing for id in params["ids"]]

        def listed(params):
            cloud = json.loads(read("cloud", "{}"))
            return {"items": [{"kind": "machine", "id": id, "tags": entry["tags"], "machine": machine(id, entry)}
                              for id, entry in cloud.items()
                              if entry["state"] == "running" and params["tags"].items() <= entry["tags"].items()]}

        def terminate(params):
            cloud = json.loads(read("cloud", "{}"))
            for id in params["ids"]:
                if id in cloud:
                    cloud[id]["state"] = "terminated"
            write("cloud", json.dumps(cloud))
            return [{"done": {}} for _ in params["ids"]]

        methods = {
            "initialize": lambda params: {**hello, "protocolVersion": version},
            "session.open": lambda params: {"session": "1", "account": "customer"},
            "session.close": lambda params: {}, "ping": lambda params: {}, "shutdown": lambda params: {},
            "machine.launch": launch, "machine.describe": describe, "machine.terminate": terminate,
            "resource.list": listed,
        }
        for line in sys.stdin:
            call = json.loads(line)
            if call["method"] == "exit":
                break
            if "id" not in call:
                continue
            answer = {"jsonrpc": "2.0", "id": call["id"], "result": methods[call["method"]](call.get("params") or {})}
            print(json.dumps(answer), flush=True)

        """#
}
