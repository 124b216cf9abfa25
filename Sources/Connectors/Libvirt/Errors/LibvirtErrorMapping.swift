import ConnectorAPI

/// Errors of libvirt that decide something.
enum LibvirtCode: Int32, Sendable {
    case internalError = 1
    case noMemory = 2
    case noSupport = 3
    case noConnect = 5
    case invalidArgument = 8
    case operationFailed = 9
    case xmlError = 27
    case domainExists = 28
    case operationDenied = 29
    case networkExists = 37
    case systemError = 38
    case rpc = 39
    case noDomain = 42
    case noNetwork = 43
    case authenticationFailed = 45
    case noPool = 49
    case noVolume = 50
    case operationInvalid = 55
    case noFilter = 62
    case configurationUnsupported = 67
    case operationTimeout = 68
    case authenticationCancelled = 79
    case noMetadata = 80
    case agentUnresponsive = 86
    case resourceBusy = 87
    case accessDenied = 88
    case volumeExists = 90
    case authenticationUnavailable = 94
}

enum LibvirtErrorMapping {
    /// - Parameters:
    ///   - what: What was tried, on what.
    ///   - number: libvirt's `virErrorNumber`.
    ///   - domain: libvirt's `virErrorDomain`: the part of it that speaks.
    static func error(_ what: String, number: Int32, domain: Int32, message: String) -> ConnectorError {
        let known = LibvirtCode(rawValue: number)
        return ConnectorError(
            code: code(known, domain, message), message: "\(what): \(message)",
            provider: .init(code: known.map { "\($0)" } ?? "\(number)", requestID: nil, status: Int(domain)))
    }

    /// `virErrorDomain` of libvirt's calls between processes.
    private static let rpcDomain: Int32 = 7
    private static let remoteDomain: Int32 = 13

    private static func code(_ code: LibvirtCode?, _ domain: Int32, _ message: String) -> ConnectorError.Code {
        let isOnTheWay = domain == rpcDomain || domain == remoteDomain
        // Such as "received hangup event on socket".
        if isOnTheWay, code == .internalError { return .unavailable }
        if !isOnTheWay, message.contains("Cannot get interface MTU on"), message.contains("No such device") {
            // The bridge that a machine names.
            return .invalidArgument
        }
        // Of the host's own, such as a file that cannot be opened.
        if !isOnTheWay, code == .systemError, !message.contains("No space left on device") { return .internal }
        if message.contains("No space left on device") { return .quotaExceeded }
        switch code {
        case .noDomain, .noNetwork, .noPool, .noVolume, .noFilter, .noMetadata: return .notFound
        case .authenticationFailed, .authenticationCancelled, .authenticationUnavailable: return .unauthenticated
        case .operationDenied, .accessDenied: return .permissionDenied
        case .volumeExists, .domainExists, .networkExists: return .alreadyExists
        case .noSupport: return .unsupported
        case .configurationUnsupported, .xmlError, .invalidArgument: return .invalidArgument
        case .operationTimeout: return .timeout
        case .resourceBusy, .operationInvalid: return .aborted
        case .noMemory: return .quotaExceeded
        // The connection is lost, or is none.
        case .rpc, .noConnect, .systemError, .agentUnresponsive: return .unavailable
        case .internalError, .operationFailed, nil: return .internal
        }
    }

    /// The error of an opening, with what to do about it.
    ///
    /// - Parameter wasThere: Whether this process was connected to it before.
    static func opening(_ uri: String, _ error: ConnectorError, wasThere: Bool = false) -> ConnectorError {
        var error = error
        let advice: String?
        let isLocal = LibvirtURI(uri).isLocal
        let isAway = error.message.contains("No such file or directory") || error.message.contains("refused")
        switch error.message {
        case _ where isLocal && isAway && wasThere:
            error.code = .unavailable
            advice = "libvirt was there before: it has ended or is being started again (systemctl status libvirtd)"
        case let text where isLocal && isAway && LibvirtURI(uri).isSession && text.contains("'/var/run/libvirt/"),
            let text where isLocal && isAway && LibvirtURI(uri).isSession && text.contains("'/run/libvirt/"):
            error.code = .unavailable
            advice =
                "root's session is the libvirt of the system, which is not running here; install libvirt-daemon-system and "
                + "start it (systemctl start libvirtd), or run this as another user"
        case _ where isLocal && isAway && LibvirtURI(uri).isSession:
            error.code = .unavailable
            advice =
                "libvirt starts the daemon of a session itself and finds none: install libvirt-daemon and "
                + "libvirt-daemon-driver-qemu (Debian), or name qemu:///system in the auth line, as root does"
        case _ where isLocal && isAway:
            error.code = .unavailable
            advice =
                "libvirt is not running here; install libvirt-daemon-system and start it (systemctl start libvirtd), or "
                + "name qemu:///session in the auth line, which needs no service"
        case let text where text.contains("Permission denied") && isLocal && LibvirtURI(uri).isSession:
            error.code = .permissionDenied
            advice =
                "the folder of the session's socket is another user's (XDG_RUNTIME_DIR, HOME); set them for this one, or "
                + "name qemu:///system in the auth line"
        case let text where text.contains("Permission denied") && isLocal:
            error.code = .permissionDenied
            advice =
                "this user may not speak to libvirt; add it to the group (sudo adduser $USER libvirt, then log in anew), "
                + "or name qemu:///session in the auth line"
        case let text where text.contains("no connection driver available") || text.contains("unsupported URI"):
            error.code = .invalidArgument
            error.field = "endpoint"
            advice = "host of the auth line is like qemu:///system, qemu:///session or qemu+ssh://user@host/system"
        case let text
        where ["End of file while reading data", "Cannot recv data", "Broken pipe"].contains(where: text.contains):
            error.code = .unavailable
            advice = "can you log in there by hand without a password, and is libvirt running there?"
        default: advice = nil
        }
        if let advice { error.message += "; " + advice }
        return error
    }
}

extension ConnectorError {
    /// What libvirt called it.
    func isLibvirt(_ codes: LibvirtCode...) -> Bool {
        codes.contains { "\($0)" == provider?.code }
    }
}
