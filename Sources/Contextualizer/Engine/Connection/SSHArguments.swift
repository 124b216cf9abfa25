import ContextualizationAPI
import Foundation
import Modules

/// Arguments for `ssh` as inventories have them. Those that say how a host is reached are followed; those that make no
/// difference here are passed over; all others are refused, since a run that does not heed them would do something else
/// than it was told to.
struct SSHArguments: Sendable {
    /// A machine in between, as an argument names it.
    struct Jump: Sendable, Hashable {
        var host: String
        /// nil: as the files of ssh say, else 22.
        var port: Int?
        /// nil: as the files of ssh say, else whoever runs this.
        var user: String?
        var keyFiles: [String] = []
        /// Keys that files of ssh name, which need not be there.
        var keyFilesOfFiles: [String] = []
        /// nil: as for the host itself.
        var checksHostKeys: Bool?
        var knownHostsFiles: [String]?
    }

    private(set) var user: String?
    private(set) var port: Int?
    private(set) var keyFiles: [String] = []
    /// Users' files, and the system's; nil: not said.
    private(set) var userKnownHosts: [String]?
    private(set) var globalKnownHosts: [String]?
    /// The address, where it is another than the host's name.
    private(set) var hostName: String?
    /// The file to read instead of the user's and the system's; `none` is none.
    private(set) var configurationFile: String?
    /// The socket of an agent; nil: not said. `none` and `SSH_AUTH_SOCK` are words.
    private(set) var agent: String?
    /// The name by which the host's keys are looked up.
    private(set) var hostKeyAlias: String?
    /// nil: not said, or as whoever connects likes.
    private(set) var checksHostKeys: Bool?
    private(set) var connectTimeout: Int?
    private(set) var attempts: Int?
    private(set) var takesKeys = true
    private(set) var takesPasswords = true
    /// Nearest to us first.
    var jumps: [Jump] = []
    /// Of options that were seen: the first one counts.
    private var seen: Set<String> = []
    private var forward: String?
    /// Of the command that reaches a machine in between: whose agent is handed on is no matter there.
    private var isProxy = false
    /// Keys that files of ssh name, which need not be there.
    private(set) var keyFilesOfFiles: [String] = []

    /// - Throws: ``ContextualizationError`` for what cannot be followed.
    init(_ text: String = "") throws {
        let rest = try read(try Self.words(text))
        if let word = rest.first {
            throw Self.refusal("'\(word)' is no option of ssh")
        }
        if forward != nil { throw Self.refusal("'-W' makes no sense in arguments for ssh") }
    }

    init(to jump: Jump) {
        (user, port) = (jump.user, jump.port)
        seen = Set([user.map { _ in "user" }, port.map { _ in "port" }].compactMap(\.self))
    }

    private static func words(_ text: String) throws -> [String] {
        do {
            return try CommandLine.split(text)
        } catch {
            throw refusal("the arguments for ssh cannot be split into words: \(error.message)")
        }
    }

    private static func refusal(_ message: String) -> ContextualizationError {
        ContextualizationError(message: message)
    }

    private static func cannotFollow(_ what: String, _ reason: String? = nil) -> ContextualizationError {
        refusal(
            "the argument '\(what)' for ssh cannot be followed" + (reason.map { ": \($0)" } ?? "")
                + "; take it away, or see docs/compatibility-ansible.md for what can be")
    }

    // MARK: - Words

    private static let valued = Set("BbcDEeFIiJLlmOoPpQRSWw")
    private static let ignoredFlags = Set("46aCknqTtvXxYM")
    /// With a value that does not matter.
    private static let ignoredValued = Set("EeS")

    /// - Returns: What is no option.
    private mutating func read(_ list: some Sequence<String>) throws -> [String] {
        var words = Array(list)[...]
        var rest: [String] = []
        while let word = words.popFirst() {
            guard word.hasPrefix("-"), word.count > 1 else {
                rest.append(word)
                // Options may follow the destination; what follows the next word belongs to the command.
                if rest.count == 1 { continue }
                rest += words
                break
            }
            var letters = word.dropFirst()
            while let letter = letters.popFirst() {
                if Self.valued.contains(letter) {
                    guard let value = letters.isEmpty ? words.popFirst() : String(letters) else {
                        throw Self.refusal("the argument '-\(letter)' for ssh needs a value")
                    }
                    letters = ""
                    try take(letter, value)
                } else if !Self.ignoredFlags.contains(letter), !(isProxy && letter == "A") {
                    throw Self.cannotFollow("-\(letter)", letter == "A" ? Self.noAgent : nil)
                }
            }
        }
        return rest
    }

    private static let noAgent = "no agent of yours is handed to the host"

    private mutating func take(_ letter: Character, _ value: String) throws {
        switch letter {
        case "o": try option(value)
        case "i": keyFiles.append(value)
        case "J": try set("proxyjump", value)
        case "p": try set("port", value)
        case "l": try set("user", value)
        case "W": forward = value
        case "F": configurationFile = value == "/dev/null" ? "none" : value
        case _ where Self.ignoredValued.contains(letter): break
        default: throw Self.cannotFollow("-\(letter)")
        }
    }

    /// `Name=value` or `Name value`.
    private mutating func option(_ text: String) throws {
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: true) { $0 == "=" || $0.isWhitespace }
        guard parts.count == 2 else { throw Self.refusal("'-o \(text)' has no value") }
        let value = parts[1].drop { $0.isWhitespace || $0 == "=" }.trimmingCharacters(in: .whitespaces)
        let name = String(parts[0])
        try set(name, name.lowercased() == "proxycommand" ? value : value.filter { $0 != "\"" })
    }

    // MARK: - Options

    /// Options that make no difference to how a host is reached here.
    static let ignoredOptions: Set<String> = [
        "addkeystoagent", "addressfamily", "batchmode", "checkhostip", "compression", "controlmaster", "controlpath",
        "controlpersist", "enableescapecommandline", "escapechar", "exitonforwardfailure", "clearallforwardings",
        "forwardx11", "forwardx11timeout", "forwardx11trusted", "gssapiauthentication", "gssapidelegatecredentials",
        "hashknownhosts", "identitiesonly", "ipqos", "loglevel", "nohostauthenticationforlocalhost",
        "numberofpasswordprompts", "requesttty", "sendenv", "serveralivecountmax", "serveraliveinterval",
        "stdinnull", "tcpkeepalive", "updatehostkeys", "verifyhostkeydns", "visualhostkey",
    ]

    /// Options that are followed.
    static let followedOptions = [
        "ConnectionAttempts", "ConnectTimeout", "GlobalKnownHostsFile", "HostKeyAlias", "HostName", "IdentityAgent",
        "IdentityFile", "KbdInteractiveAuthentication", "PasswordAuthentication", "Port", "PreferredAuthentications",
        "ProxyCommand",
        "ProxyJump", "PubkeyAuthentication", "StrictHostKeyChecking", "User", "UserKnownHostsFile",
    ]

    /// A setting of a file: what ``followedOptions`` names; the others are for `ssh`, which is not called.
    mutating func take(_ setting: SSHConfigFile.Setting) throws {
        let key = setting.name.lowercased()
        if key == "identityfile" {
            keyFilesOfFiles.append(setting.value)
        } else if Self.followedInFiles.contains(key) {
            try set(setting.name, setting.value)
        }
    }

    private static let followedInFiles = Set(followedOptions.map { $0.lowercased() })

    private mutating func set(_ name: String, _ value: String) throws {
        let key = name.lowercased()
        // Of most options the first one counts, as for ssh; keys are all tried.
        guard key == "identityfile" || seen.insert(key).inserted else { return }
        switch key {
        case "identityfile": keyFiles.append(value)
        case "hostname": hostName = value
        case "identityagent": agent = value
        case "user": user = value
        case "port": port = try Self.number(value, name, in: 1...65535)
        case "connecttimeout": connectTimeout = value == "none" ? nil : try Self.number(value, name, in: 1...86400)
        case "connectionattempts": attempts = try Self.number(value, name, in: 1...1000)
        case "userknownhostsfile": userKnownHosts = Self.files(value)
        case "globalknownhostsfile": globalKnownHosts = Self.files(value)
        case "hostkeyalias": hostKeyAlias = value
        case "stricthostkeychecking": checksHostKeys = try Self.strictness(value)
        case "proxyjump", "proxycommand":
            // The one that comes first rules out the other.
            guard seen.isDisjoint(with: key == "proxyjump" ? ["proxycommand"] : ["proxyjump"]) else { return }
            jumps = try key == "proxyjump" ? Self.jumps(value) : Self.jumps(ofCommand: value)
        case "pubkeyauthentication": if Self.isNo(value) { takesKeys = false }
        case "passwordauthentication": if Self.isNo(value) { takesPasswords = false }
        case "kbdinteractiveauthentication", "challengeresponseauthentication": break
        case "preferredauthentications":
            let methods = value.lowercased().split(separator: ",")
            takesKeys = takesKeys && methods.contains("publickey")
            takesPasswords =
                takesPasswords && (methods.contains("password") || methods.contains("keyboard-interactive"))
        case "forwardagent" where isProxy || Self.isNo(value): break
        case "forwardagent": throw Self.cannotFollow("ForwardAgent", Self.noAgent)
        case "permitlocalcommand" where Self.isNo(value), "tunnel" where Self.isNo(value),
            "canonicalizehostname" where Self.isNo(value):
            break
        default: guard Self.ignoredOptions.contains(key) else { throw Self.cannotFollow(name) }
        }
    }

    private static func isNo(_ value: String) -> Bool { ["no", "none", "off", "false"].contains(value.lowercased()) }

    private static func number(_ text: String, _ name: String, in range: ClosedRange<Int>) throws -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw refusal("the argument '\(name)' for ssh has the value '\(text)', which is none")
        }
        return number
    }

    private static func files(_ value: String) -> [String] {
        value.split(separator: " ").map(String.init).filter { $0 != "/dev/null" && $0.lowercased() != "none" }
    }

    private static func strictness(_ value: String) throws -> Bool? {
        switch value.lowercased() {
        case "no", "off", "false": return false
        case "yes", "true", "on": return true
        case "ask", "accept-new": return nil
        default: throw refusal("StrictHostKeyChecking has the value '\(value)', which is none")
        }
    }

    // MARK: - Machines in between

    private static func jumps(_ text: String) throws -> [Jump] {
        if text.lowercased() == "none" { return [] }
        return try text.split(separator: ",").map { try jump(String($0), mayHavePort: true) }
    }

    /// `[USER@]HOST[:PORT]`, or an `ssh` URI.
    private static func jump(_ text: String, mayHavePort: Bool) throws -> Jump {
        var (place, mayHavePort) = (text[...], mayHavePort)
        if place.hasPrefix("ssh://") {
            place = place.dropFirst("ssh://".count)
            if place.last == "/" { place = place.dropLast() }
            mayHavePort = true
        }
        var jump = Jump(host: "")
        if let at = place.lastIndex(of: "@") {
            jump.user = String(place[..<at])
            place = place[place.index(after: at)...]
        }
        if place.first == "[", let end = place.firstIndex(of: "]") {
            jump.host = String(place[place.index(after: place.startIndex)..<end])
            place = place[place.index(after: end)...]
        } else if mayHavePort, let colon = place.firstIndex(of: ":"), colon == place.lastIndex(of: ":") {
            jump.host = String(place[..<colon])
            place = place[colon...]
        } else {
            jump.host = String(place)
            place = ""
        }
        if place.first == ":" { jump.port = try number(String(place.dropFirst()), "ProxyJump", in: 1...65535) }
        guard !jump.host.isEmpty, jump.user?.isEmpty != true, !jump.host.contains("%") else {
            throw refusal("'\(text)' names no machine in between: [USER@]HOST[:PORT] is wanted")
        }
        return jump
    }

    /// `ssh … -W %h:%p … [USER@]HOST`, or the older form with `nc %h %p`: a forward through that machine, as
    /// `ProxyJump` makes it. The command itself may hold a password, so that it is not told.
    private static func jumps(ofCommand command: String) throws -> [Jump] {
        if command.lowercased() == "none" { return [] }
        var words = try words(command)[...]
        if words.first == "exec" { words = words.dropFirst() }
        let other = refusal(
            "the ProxyCommand for ssh cannot be followed: only 'ssh -W %h:%p [USER@]HOST' with options is; name the "
                + "machine in between by -o ProxyJump=[USER@]HOST[:PORT]")
        guard let program = words.popFirst(), (program as NSString).lastPathComponent == "ssh" else { throw other }
        var inner = try SSHArguments()
        inner.isProxy = true
        let rest = try inner.read(words)
        let isForward = ["%h:%p", "[%h]:%p"].contains(inner.forward) && rest.count == 1
        let isRelay =
            inner.forward == nil && rest.count >= 4 && rest.suffix(2) == ["%h", "%p"]
            && ["nc", "ncat", "netcat"].contains((rest[1] as NSString).lastPathComponent)
        guard isForward || isRelay else { throw other }
        var jump = try Self.jump(rest[0], mayHavePort: false)
        jump.user = jump.user ?? inner.user
        jump.port = inner.port ?? jump.port
        jump.keyFiles = inner.keyFiles
        jump.checksHostKeys = inner.checksHostKeys
        jump.knownHostsFiles = inner.userKnownHosts
        return inner.jumps + [jump]
    }
}
