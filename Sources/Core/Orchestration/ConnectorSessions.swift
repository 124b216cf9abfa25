package import ConnectorAPI
import Foundation
package import InfrastructureModel
package import Logging
package import Persistence
import Support

/// Calls connectors: opens sessions when they are needed, keeps to the limits of each connector, and recovers from
/// errors by their code (`retry` is the host's affair alone).
package actor ConnectorSessions {
    private struct Open {
        var connector: any Connector
        var session: SessionID
        var account: String
        var expiresAt: ContinuousClock.Instant?
    }

    private let store: any StateStore
    private let connectors: any ConnectorDirectory
    private let configuration: ManagerConfiguration
    private let logger: Logger
    private var open: [CloudSite: Open] = [:]
    private var opening: [CloudSite: Task<Open, any Error>] = [:]
    private var lent: [CredentialID: CloudCredential] = [:]
    private var limiters: [LimiterKey: ConcurrencyLimiter] = [:]
    private var catalogs: [CatalogKey: CachedCatalog] = [:]
    private var waits: [UUID: Wait] = [:]

    /// A call that is under way, with what came of its tries so far.
    private struct Wait {
        var connector: String
        var since: ContinuousClock.Instant
        var problem: String?
    }

    package init(
        store: any StateStore, connectors: any ConnectorDirectory, configuration: ManagerConfiguration, logger: Logger
    ) {
        self.store = store
        self.connectors = connectors
        self.configuration = configuration
        self.logger = logger
    }

    /// Is told why a call failed, and after which delay it is made again.
    package typealias Retrying = @Sendable (ConnectorError, Duration) -> Void

    /// Makes a call with an open session, retried by the recovery of its error's code.
    ///
    /// - Parameters:
    ///   - patience: How long retries of passing errors may go on; nil: as configured.
    ///   - retrying: Told of each failure that the call is repeated after, with the delay.
    ///   - call: Gets the connector, the session and the context; must be safe to repeat.
    package func call<Value: Sendable>(
        _ cloud: CloudReference, patience: Duration? = nil, retrying: Retrying? = nil,
        _ call: @escaping @Sendable (any Connector, SessionID, CallContext) async throws -> Value
    ) async throws -> Value {
        let limit = configuration.callTimeout
        return try await recovering(cloud, patience: patience ?? configuration.callPatience, retrying: retrying) {
            open in
            // Of one account first: who waits for it takes no place of the others.
            let (own, shared) = self.limiters(for: open)
            try await own.acquire()
            defer { own.release() }
            try await shared.acquire()
            defer { shared.release() }
            let context = CallContext(deadlineMs: Int(limit.components.seconds) * 1000)
            let session = open.session
            let connector = open.connector
            do {
                let value = try await withDeadline(limit, "a call of \(connector.description.name)") {
                    try await call(connector, session, context)
                }
                if let batch = value as? any MayBeThrottled, batch.isThrottled {
                    own.throttled()
                } else {
                    own.succeeded()
                }
                return value
            } catch let error as ConnectorError where error.code == .throttled {
                own.throttled()
                throw error
            }
        }
    }

    /// Does something with an open session, again by the recovery of its error's code.
    private func recovering<Value: Sendable>(
        _ cloud: CloudReference, patience: Duration, retrying: Retrying? = nil, _ body: (Open) async throws -> Value
    ) async throws -> Value {
        let clock = ContinuousClock()
        let start = clock.now
        let wait = UUID()
        waits[wait] = Wait(connector: cloud.connector, since: start)
        defer { waits[wait] = nil }
        var attempt = 0
        var reopened = false
        while true {
            attempt += 1
            let failed: ConnectorError
            var used: SessionID?
            do {
                let open = try await session(for: cloud)
                used = open.session
                return try await body(open)
            } catch let error as ConnectorError {
                failed = error
            } catch let error as DeadlineExceeded {
                failed = ConnectorError(code: .timeout, message: error.description)
            }
            try Task.checkCancellation()
            if failed.code == .unauthenticated, !reopened, let used {
                reopened = true
                forget(cloud.site, session: used)
                continue
            }
            guard let delay = Recovery.delay(after: failed, attempt: attempt),
                clock.now + delay - start < patience
            else { throw failed }
            waits[wait]?.problem = failed.message
            retrying?(failed, delay)
            logger.info(
                "connector call failed, trying again",
                metadata: [LogKey.connector: "\(cloud.connector)", "error": "\(failed)", "delay": "\(delay)"])
            try await clock.sleep(for: delay)
        }
    }

    /// Which connectors are waited for, and why, for people; empty: none.
    ///
    /// - Parameter limit: Only those that are waited for as long as this.
    package func waiting(over limit: Duration = .zero) -> [String] {
        let texts = waits.values.filter { ContinuousClock.now - $0.since >= limit }.map { wait in
            if let problem = wait.problem { return "connector '\(wait.connector)' fails so far: \(problem)" }
            let seconds = (ContinuousClock.now - wait.since).components.seconds
            return "connector '\(wait.connector)' has not answered for \(seconds) s"
        }
        return Set(texts).sorted()
    }

    /// Makes credentials usable that are not stored: for a plan.
    ///
    /// - Returns: An id that is the same for the same account and values, so that sessions and catalogs serve again.
    package func lend(_ credential: CloudCredential) -> CredentialID {
        let values = credential.values.expose().sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let digest = store.verifier(for: Secret(([credential.type] + values).joined(separator: "\n")))
        let id = CredentialID(rawValue: "lent-\(digest)")
        if lent.count >= Self.mostLent { lent.removeAll() }
        lent[id] = credential
        return id
    }

    private static let mostLent = 256

    /// The account that the credentials of a cloud are of, as its connector names it.
    ///
    /// - Parameter patience: How long retries of passing errors may go on.
    package func account(of cloud: CloudReference, patience: Duration = opening) async throws -> String {
        try await recovering(cloud, patience: patience) { $0.account }
    }

    /// The connector of a cloud without a session.
    package func connector(of cloud: CloudReference) async throws -> any Connector {
        if let connector = await connectors.connector(named: cloud.connector) { return connector }
        throw ConnectorError(
            code: .unsupported,
            message: "connector '\(cloud.connector)' of cloud '\(cloud.id)' is not installed here; "
                + configuration.advice.findConnector)
    }

    package static let opening = Duration.seconds(5)
    /// Somebody waits for the plan.
    static let planning = Duration.seconds(20)

    /// All pages of a catalog, kept for as long as the connector allows.
    ///
    /// - Parameter ids: Only these; nil: all.
    package func flavors(_ cloud: CloudReference, ids: [String]? = nil) async throws -> [Flavor] {
        let key = CatalogKey(site: cloud.site, kind: "flavors", ids: ids)
        if let cached = catalogs[key], cached.validUntil > ContinuousClock.now, case .flavors(let items) = cached.items
        {
            return items
        }
        var items: [Flavor] = []
        var page: String?
        var pages = Pages(of: "a catalog", connector: cloud.connector)
        var maxAge: Int?
        repeat {
            let token = page
            let answer = try await call(cloud, patience: Self.planning) { connector, session, context in
                try await connector.flavors(CatalogRequest(session: session, ids: ids, page: token), context: context)
            }
            items += answer.items
            maxAge = answer.maxAgeMs ?? maxAge
            page = try pages.next(answer.next)
        } while page != nil
        keep(.flavors(items), key, maxAge)
        return items
    }

    /// Images that the given ids or URLs name, or all where none is given.
    package func images(
        _ cloud: CloudReference, ids: [String]?, filters: [String: String]? = nil
    ) async throws -> [Image] {
        let key = CatalogKey(site: cloud.site, kind: "images", ids: ids, filters: filters)
        if let cached = catalogs[key], cached.validUntil > ContinuousClock.now, case .images(let items) = cached.items {
            return items
        }
        var items: [Image] = []
        var page: String?
        var pages = Pages(of: "a catalog", connector: cloud.connector)
        var maxAge: Int?
        repeat {
            let token = page
            let answer = try await call(cloud, patience: Self.planning) { connector, session, context in
                try await connector.images(
                    CatalogRequest(session: session, ids: ids, filters: filters, page: token), context: context)
            }
            items += answer.items
            maxAge = answer.maxAgeMs ?? maxAge
            page = try pages.next(answer.next)
        } while page != nil
        keep(.images(items), key, maxAge)
        return items
    }

    /// What catalogs said of images there is true no more.
    func forgetImages(_ cloud: CloudReference) {
        catalogs = catalogs.filter { $0.key.site != cloud.site || $0.key.kind != "images" }
    }

    /// All pages of limits and use of an account, always asked anew.
    package func quotas(_ cloud: CloudReference) async throws -> [Quota] {
        var items: [Quota] = []
        var page: String?
        var pages = Pages(of: "the quotas", connector: cloud.connector)
        repeat {
            let token = page
            let answer = try await call(cloud, patience: Self.planning) { connector, session, context in
                try await connector.quotas(CatalogRequest(session: session, page: token), context: context)
            }
            items += answer.items
            page = try pages.next(answer.next)
        } while page != nil
        return items
    }

    private static let mostCatalogs = 1024

    /// Keeps a catalog for as long as its connector allows, at most an hour.
    private func keep(_ items: CatalogItems, _ key: CatalogKey, _ maxAgeMs: Int?) {
        guard let maxAgeMs, maxAgeMs > 0 else { return }
        let now = ContinuousClock.now
        if catalogs.count >= Self.mostCatalogs { catalogs = catalogs.filter { $0.value.validUntil > now } }
        if catalogs.count >= Self.mostCatalogs { catalogs.removeAll() }
        catalogs[key] = CachedCatalog(items: items, validUntil: now + .milliseconds(min(maxAgeMs, 3_600_000)))
    }

    // MARK: Sessions

    private func session(for cloud: CloudReference) async throws -> Open {
        if let known = open[cloud.site] {
            if let expiry = known.expiresAt, expiry <= .now {
                open[cloud.site] = nil
            } else {
                return known
            }
        }
        if let pending = opening[cloud.site] { return try await pending.value }
        // Unstructured: several callers share one opening, and the cancellation of one must not fail the others.
        let task = Task { try await self.openSession(for: cloud) }
        opening[cloud.site] = task
        defer { opening[cloud.site] = nil }
        let opened = try await task.value
        open[cloud.site] = opened
        return opened
    }

    private func openSession(for cloud: CloudReference) async throws -> Open {
        let connector = try await connector(of: cloud)
        let known = lent[cloud.credential]?.values
        let stored = if let known { known } else { try await store.credential(cloud.credential)?.values }
        guard let values = stored?.expose() else {
            throw ConnectorError(
                code: .unauthenticated,
                message: "the credentials of cloud '\(cloud.id)' are no longer on record; "
                    + configuration.advice.giveCredentials)
        }
        var config = SessionSettings.config(values, schema: connector.description.configSchema)
        // One session a region: that of the image, where its URL names one, before that of the auth line.
        if let region = cloud.region { config["region"] = .string(region) }
        let settings = config
        let response = try await withDeadline(configuration.callTimeout, "opening a session at \(cloud.id)") {
            try await connector.openSession(
                OpenSessionRequest(
                    credentials: Credentials(values), endpoint: values["host"] ?? values["endpoint"],
                    config: settings),
                context: CallContext())
        }
        let expiry = response.expiresAfterMs.map { ContinuousClock.now + .milliseconds($0) * 0.9 }
        return Open(
            connector: connector, session: response.session, account: response.account, expiresAt: expiry)
    }

    /// The next call at a site opens a session with the credentials that are on record then.
    func forget(_ site: CloudSite) {
        open[site] = nil
    }

    private func forget(_ site: CloudSite, session: SessionID) {
        if open[site]?.session == session { open[site] = nil }
    }

    private struct LimiterKey: Hashable {
        var connector: String
        /// nil: all accounts together.
        var account: String?
    }

    /// Of the account, which adapts to what the cloud takes, and of the connector.
    private func limiters(for open: Open) -> (ConcurrencyLimiter, ConcurrencyLimiter) {
        let name = open.connector.description.name
        let own = open.connector.description.requirements.maxConcurrentCalls ?? configuration.connectorCalls
        let limit = min(own, configuration.connectorCalls)
        func limiter(_ account: String?) -> ConcurrencyLimiter {
            let key = LimiterKey(connector: name, account: account)
            if let limiter = limiters[key] { return limiter }
            let limiter = ConcurrencyLimiter(limit: limit)
            limiters[key] = limiter
            return limiter
        }
        return (limiter(open.account), limiter(nil))
    }

    private struct CatalogKey: Hashable {
        var site: CloudSite
        var kind: String
        var ids: [String]?
        var filters: [String: String]?
    }

    private enum CatalogItems {
        case flavors([Flavor])
        case images([Image])
    }

    private struct CachedCatalog {
        var items: CatalogItems
        var validUntil: ContinuousClock.Instant
    }
}

/// What a call answers where each item has a result of its own.
protocol MayBeThrottled {
    /// Whether the cloud refused an item because it was too many.
    var isThrottled: Bool { get }
}

extension Outcome: MayBeThrottled {
    var isThrottled: Bool {
        if case .failed(let error) = self { error.code == .throttled } else { false }
    }
}

extension Array: MayBeThrottled where Element: MayBeThrottled {
    var isThrottled: Bool { contains { $0.isThrottled } }
}

/// The host's answer to each error code (the table in docs/connector-authors.md).
enum Recovery {
    private static let passing = RetryPolicy(attempts: 12, base: .milliseconds(250), cap: .seconds(20))
    private static let patient = RetryPolicy(attempts: 8, base: .seconds(2), cap: .seconds(60))
    private static let internalFaults = RetryPolicy(attempts: 3, base: .milliseconds(250), cap: .seconds(1))

    /// Delay before a call is made again since an item of its batch failed, or nil when that failure stands.
    static func delay(afterItem error: ConnectorError, attempt: Int) -> Duration? {
        switch error.code {
        case .throttled, .unavailable, .aborted:
            return items.delay(
                afterAttempt: attempt, notBefore: error.retryAfterMs.map { Duration.milliseconds($0) })
        default:
            return nil
        }
    }

    private static let items = RetryPolicy(attempts: 6, base: .milliseconds(250), cap: .seconds(20))

    /// Delay before the next try of the same call, or nil when it is not tried again.
    static func delay(after error: ConnectorError, attempt: Int) -> Duration? {
        let notBefore = error.retryAfterMs.map { Duration.milliseconds($0) }
        switch error.code {
        case .unavailable, .timeout, .pluginCrashed, .throttled, .aborted:
            return passing.delay(afterAttempt: attempt, notBefore: notBefore)
        case .quotaExceeded where notBefore != nil:
            return patient.delay(afterAttempt: attempt, notBefore: notBefore)
        case .internal:
            return internalFaults.delay(afterAttempt: attempt)
        default:
            return nil
        }
    }
}
