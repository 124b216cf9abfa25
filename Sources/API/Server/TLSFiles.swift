import Glibc
package import Logging
import NIOCore
package import NIOSSL
package import Support

/// Certificate and key of a server, in files that are read again when they change: certificates are renewed every few weeks,
/// and nothing that is under way shall end for that.
///
/// A pair that does not fit together, as in the middle of a renewal, changes nothing. Safe from any thread.
package final class TLSFiles: Sendable {
    private struct Pair: Sendable {
        var stamps: [Stamp]
        var chain: [NIOSSLCertificate]
        var key: NIOSSLPrivateKey

        /// What a server gives to a client that comes now.
        var override: NIOSSLContextConfigurationOverride {
            var result = NIOSSLContextConfigurationOverride()
            result.certificateChain = chain.map { .certificate($0) }
            result.privateKey = .privateKey(key)
            return result
        }

        var configuration: TLSConfiguration {
            .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        }
    }

    private struct Stamp: Sendable, Hashable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private let certificate: String
    private let key: String
    private let pair: LockedValue<Pair>
    private let logger: Logger

    /// - Throws: ``FileProblem`` where they cannot be read or do not fit together.
    package init(certificate: String, key: String, logger: Logger) throws(FileProblem) {
        self.certificate = certificate
        self.key = key
        self.logger = logger
        pair = LockedValue(try Self.read(certificate, key))
    }

    /// TLS 1.2 and newer, with whatever the files hold when a client comes.
    package var configuration: TLSConfiguration {
        var configuration = pair.withLock { $0 }.configuration
        configuration.minimumTLSVersion = .tlsv12
        configuration.sslContextCallback = { [self] _, promise in
            // Not on the thread of the connection: it reads files, and what the library notes of a broken key would count
            // as an error of the handshake there.
            promise.completeWithTask { self.current() }
        }
        return configuration
    }

    private func current() -> NIOSSLContextConfigurationOverride {
        let stamps = [certificate, key].map(Self.stamp)
        let known = pair.withLock { $0 }
        guard stamps != known.stamps else { return known.override }
        do throws(FileProblem) {
            let new = try Self.read(certificate, key)
            pair.withLock { $0 = new }
            logger.notice("the certificate was renewed", metadata: ["file": "\(certificate)"])
            return new.override
        } catch {
            // Not tried again before a file changes once more.
            pair.withLock { $0.stamps = stamps }
            logger.warning("the certificate in use stays: \(error)")
            return known.override
        }
    }

    private static func stamp(_ path: String) -> Stamp {
        var status = stat()
        guard stat(path, &status) == 0 else { return Stamp(inode: 0, size: -1, seconds: 0, nanoseconds: 0) }
        return Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    private static func read(_ certificate: String, _ key: String) throws(FileProblem) -> Pair {
        // Before the files: what changes meanwhile is read again.
        let stamps = [certificate, key].map(Self.stamp)
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(Array(try TextFile.read(certificate).utf8))
        } catch let problem as FileProblem {
            throw problem
        } catch {
            throw FileProblem(path: certificate, reason: "is no certificate in PEM")
        }
        let secret: NIOSSLPrivateKey
        do {
            secret = try NIOSSLPrivateKey(bytes: Array(try TextFile.read(key).utf8), format: .pem)
        } catch let problem as FileProblem {
            throw problem
        } catch {
            throw FileProblem(path: key, reason: "is no private key in PEM without a passphrase")
        }
        let pair = Pair(stamps: stamps, chain: chain, key: secret)
        do {
            // The library finds out whether they belong together.
            _ = try NIOSSLContext(configuration: pair.configuration)
        } catch {
            throw FileProblem(path: key, reason: "is not the key of the certificate '\(certificate)'")
        }
        return pair
    }
}
