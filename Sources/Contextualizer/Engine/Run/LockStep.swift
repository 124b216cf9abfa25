/// Keeps the machines of a play together, task by task, where what one does depends on what others did: a machine begins
/// a task when no other one is at an earlier place.
///
/// The machine at the earliest place never waits, so the play goes on whatever the others do.
actor LockStep {
    /// What a machine is to do at its place.
    enum Word: Sendable {
        case go
        /// A failure elsewhere counts for all.
        case fail
        /// The play is over for all.
        case end
    }

    private struct Waiting {
        var name: String
        var place: [Int]
        var continuation: CheckedContinuation<Void, Never>
    }

    /// In order of the batch.
    private let order: [String]
    private var places: [String: [Int]]
    private var waiting: [Waiting] = []
    /// Places of failures that are all machines'.
    private var failures: [[Int]] = []
    /// How many of them a machine knows.
    private var heeded: [String: Int] = [:]
    /// Those to which another one's failure came.
    private(set) var struck: Set<String> = []
    private(set) var hasEnded = false
    /// A failure for all came up that nothing rescued.
    private(set) var isFatal = false

    init(_ members: [String]) {
        order = members
        places = Dictionary(members.map { ($0, []) }) { first, _ in first }
    }

    /// Waits until all others are here or later.
    func arrive(_ name: String, at place: [Int]) async -> Word {
        guard places[name] != nil else { return .go }
        places[name] = place
        wake()
        if !mayGo(place) {
            await withCheckedContinuation { waiting.append(Waiting(name: name, place: place, continuation: $0)) }
        }
        if hasEnded { return .end }
        // A task that fails is done by all machines before it ends the play for them.
        let known = heeded[name, default: 0]
        if let new = failures[known...].firstIndex(where: { $0.lexicographicallyPrecedes(place) }) {
            heeded[name] = new + 1
            struck.insert(name)
            return .fail
        }
        return .go
    }

    /// Whether the machine is the first of those that are at this place.
    func leads(_ name: String, at place: [Int]) -> Bool {
        order.first { places[$0] == place } == name
    }

    /// The machine's play has ended.
    func leave(_ name: String) {
        places[name] = nil
        wake()
    }

    /// A failure of one machine that is to be all others', too.
    func failAll(by name: String) {
        failures.append(places[name] ?? [])
        heeded[name] = failures.count
    }

    /// Nothing rescued such a failure.
    func becomeFatal() { isFatal = true }

    func endAll() { hasEnded = true }

    private func mayGo(_ place: [Int]) -> Bool {
        places.values.allSatisfy { !$0.lexicographicallyPrecedes(place) }
    }

    private func wake() {
        let ready = waiting.filter { mayGo($0.place) }
        guard !ready.isEmpty else { return }
        let names = Set(ready.map(\.name))
        waiting.removeAll { names.contains($0.name) }
        for one in ready { one.continuation.resume() }
    }

    /// The place of a task by its path: `0.tasks.3.block.1`.
    static func place(of path: some StringProtocol) -> [Int] {
        path.split(separator: ".").map { part in
            if let number = Int(part) { return number }
            return switch part {
            case "pre_tasks", "block", "dependency", "include": 0
            case "roles", "validation": 1
            case "tasks", "rescue", "role": 2
            case "post_tasks", "always": 3
            default: 4
            }
        }
    }
}

/// Lets a bounded number of tasks run at the same time.
actor Turnstile {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = max(1, count) }

    func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        guard !waiting.isEmpty else {
            free += 1
            return
        }
        waiting.removeFirst().resume()
    }
}
