import ConnectorAPI
import Foundation

/// Settings of one session, from its `config` or, for tests through an auth line, from credentials of the same name.
struct DummySettings: Sendable {
    enum Addresses: String, Sendable {
        /// Every machine has IM's 10.0.0.1.
        case fixed
        /// Every machine has its own address in 10.0.0.0/8, public ones in 198.18.0.0/15.
        case unique
    }

    var stateFile: String?
    var syncs = false
    var bootMs: Int64 = 0
    var addresses = Addresses.fixed
    /// Address of every machine instead of 10.0.0.1.
    var address: String?
    /// Addresses handed out to live machines, one each; a launch beyond them is `quotaExceeded`.
    var addressPool: [String] = []
    var sshPort: Int?
    var pageSize = 1000
    var maxMachines: Int?
    /// How often `continue` must be called before a resize, snapshot, network, volume or upload is done.
    var steps = 0
    var missingImages: Set<String> = []
    var rejectUsers: Set<String> = []
    var sessionMs: Int?
    var faults: [DummyFault] = []

    static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "stateFile": ["type": "string", "description": "File that holds the cloud; none: memory"],
            "fsync": ["type": "boolean", "description": "Write each change through to the disk"],
            "bootMs": ["type": "integer", "description": "Milliseconds that a machine is pending"],
            "addresses": ["type": "string", "enum": ["fixed", "unique"]],
            "address": ["type": "string", "description": "Address of every machine instead of 10.0.0.1"],
            "addressPool": ["type": "array", "items": ["type": "string"]],
            "sshPort": ["type": "integer"],
            "pageSize": ["type": "integer", "minimum": 1],
            "maxMachines": ["type": "integer", "description": "Launches beyond it are quotaExceeded"],
            "steps": ["type": "integer", "description": "Calls of continue before a long operation is done"],
            "missingImages": ["type": "array", "items": ["type": "string"]],
            "rejectUsers": ["type": "array", "items": ["type": "string"]],
            "sessionMs": ["type": "integer", "description": "Milliseconds after which a session ends"],
            "faults": [
                "type": "array",
                "items": [
                    "type": "object",
                    "properties": [
                        "call": ["type": "string", "description": "Such as machine.launch; * for all"],
                        "nth": ["type": "integer", "description": "First call that is hit, from 1"],
                        "times": ["type": "integer", "description": "How many calls are hit from there on"],
                        "error": ["type": "string", "description": "Code of an error"],
                        "message": ["type": "string"],
                        "retryAfterMs": ["type": "integer"],
                        "items": ["type": "array", "items": ["type": "integer"]],
                        "delayMs": ["type": "integer"],
                        "hang": ["type": "boolean", "description": "Never answers unless cancelled"],
                        "dieBefore": ["type": "boolean", "description": "The process ends before the effect"],
                        "dieAfter": ["type": "boolean", "description": "The process ends before the answer"],
                        "lost": ["type": "boolean", "description": "The effect takes place, the answer is the error"],
                        "state": ["type": "string", "description": "State of the launched machines, such as failed"],
                    ],
                    "required": ["call"],
                ],
            ],
        ],
    ]

    init() {}

    init(_ request: OpenSessionRequest, defaults: DummySettings) throws {
        self = defaults
        let values = Values(request)
        stateFile = try values.string("stateFile") ?? stateFile
        syncs = try values.bool("fsync") ?? syncs
        bootMs = try values.integer("bootMs") ?? bootMs
        if let name = try values.string("addresses") {
            guard let kind = Addresses(rawValue: name) else {
                throw values.wrong("addresses", "must be 'fixed' or 'unique'")
            }
            addresses = kind
        }
        address = try values.string("address") ?? address
        addressPool = try values.strings("addressPool") ?? addressPool
        sshPort = try values.integer("sshPort").map(Int.init) ?? sshPort
        pageSize = max(1, try values.integer("pageSize").map(Int.init) ?? pageSize)
        maxMachines = try values.integer("maxMachines").map(Int.init) ?? maxMachines
        steps = try values.integer("steps").map(Int.init) ?? steps
        missingImages = Set(try values.strings("missingImages") ?? Array(missingImages))
        rejectUsers = Set(try values.strings("rejectUsers") ?? Array(rejectUsers))
        sessionMs = try values.integer("sessionMs").map(Int.init) ?? sessionMs
        if let list = try values.value("faults") {
            guard case .array(let rules) = list else { throw values.wrong("faults", "must be a list") }
            faults = try rules.enumerated().map { try DummyFault($1, field: "config.faults[\($0)]") }
        }
    }
}

/// Typed look-up in the session's settings.
private struct Values {
    let request: OpenSessionRequest

    init(_ request: OpenSessionRequest) {
        self.request = request
    }

    func value(_ key: String) throws -> JSONValue? {
        if let value = request.config[key] { return value }
        guard let text = request.credentials[key] else { return nil }
        return (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .string(text)
    }

    func string(_ key: String) throws -> String? {
        if let text = request.config[key] == nil ? request.credentials[key] : nil { return text }
        guard let value = try value(key) else { return nil }
        guard let text = value.stringValue else { throw wrong(key, "must be a text") }
        return text
    }

    func integer(_ key: String) throws -> Int64? {
        guard let value = try value(key) else { return nil }
        guard let number = value.integerValue, number >= 0 else {
            throw wrong(key, "must be a whole number from 0")
        }
        return number
    }

    func bool(_ key: String) throws -> Bool? {
        guard let value = try value(key) else { return nil }
        guard case .bool(let flag) = value else { throw wrong(key, "must be true or false") }
        return flag
    }

    func strings(_ key: String) throws -> [String]? {
        guard let value = try value(key) else { return nil }
        guard case .array(let list) = value else { throw wrong(key, "must be a list of texts") }
        return try list.map { item in
            guard let text = item.stringValue else { throw wrong(key, "must be a list of texts") }
            return text
        }
    }

    func wrong(_ key: String, _ what: String) -> ConnectorError {
        ConnectorError(code: .invalidArgument, message: "the Dummy's setting '\(key)' \(what)", field: "config.\(key)")
    }
}
