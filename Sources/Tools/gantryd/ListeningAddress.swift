import Glibc

/// Finds out whether an address can be listened on before anything is started, since the server's own error names neither
/// the address nor what to do.
struct ListeningAddress {
    let host: String
    let port: Int
    /// What the port is given with, for messages.
    let option: String

    /// `127.0.0.1:8800`, `[::1]:8800`.
    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Why nobody can listen there, with the next step; nil: it can be done.
    func problem() -> String? {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = list else {
            let reason = status == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(status))
            return "cannot listen on \(text): '\(host)' is no address (\(reason)); give one of this machine with --host"
        }
        defer { freeaddrinfo(list) }
        // The server takes the first one, too.
        let address = first.pointee
        let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return refusal(errno) }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            return refusal(errno)
        }
        return nil
    }

    private func refusal(_ number: Int32) -> String {
        let next =
            switch number {
            case EADDRINUSE:
                "another program listens there: end it (`ss -ltnp 'sport = :\(port)'` names it), or choose another port "
                    + "with \(option)"
            case EADDRNOTAVAIL:
                "no interface of this machine has that address: give one that `ip address` shows with --host"
            case EACCES: "ports below 1024 are for root: choose another with \(option)"
            default: "give another address with --host or \(option)"
            }
        return "cannot listen on \(text): \(String(cString: strerror(number))); \(next)"
    }
}
