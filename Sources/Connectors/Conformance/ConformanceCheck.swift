public import ConnectorAPI

/// One rule of the contract as something that can be run. A value: front ends choose, order and report.
public struct ConformanceCheck: Sendable, Identifiable {
    /// How binding a rule is.
    public enum Level: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
        /// A connector that fails it loses machines or confuses the host.
        case must
        /// A connector that fails it works, but worse.
        case should

        public static func < (left: Level, right: Level) -> Bool { left == .must && right == .should }
    }

    /// What a check needs beside a connector.
    public enum Facility: String, Sendable, Hashable, Codable {
        /// The process can be killed and started again.
        case restart
        /// Requests can be sent as JSON.
        case raw
        /// Standard error can be read.
        case standardError
        /// A process of its own can be talked to line by line.
        case dialogue
    }

    /// Stable name, such as `launch.idempotent`.
    public var id: String
    public var title: String
    public var level: Level
    /// The rules of the contract that it shows to be kept.
    public var rules: [ContractRule]
    /// For the author of a connector that fails it: what to do.
    public var mend: String
    /// Abilities that the connector must announce; without them the check is skipped.
    public var needs: [Capability]
    /// Abilities with which the rule does not hold.
    public var except: [Capability]
    public var facilities: [Facility]
    /// Whether it creates things at the provider, which may cost money. All of it is removed again.
    public var isDestructive: Bool
    public var run: @Sendable (CheckRun) async throws -> Void

    /// - Parameter rules: Numbers of rules, such as `L1`.
    public init(
        id: String, title: String, level: Level = .must, rules: [String], mend: String, needs: [Capability] = [],
        except: [Capability] = [], facilities: [Facility] = [], isDestructive: Bool = true,
        run: @escaping @Sendable (CheckRun) async throws -> Void
    ) {
        self.id = id
        self.title = title
        self.level = level
        self.rules = rules.compactMap(ContractRule.rule)
        self.mend = mend
        self.needs = needs
        self.except = except
        self.facilities = facilities
        self.isDestructive = isDestructive
        self.run = run
    }
}

/// A broken rule, or a reason not to judge.
enum CheckEnd: Error {
    case failed(String)
    case skipped(String)
    /// The check did not end within its time.
    case late(String)
}
