/// Features of the sections that are being read: those of inner parentheses lie above those of outer ones.
///
/// Each name has a mark with the pair of parentheses that it occurred in last, so that a repeated feature is found without
/// comparing names, and each section gets its features as one array of the right size.
struct FeatureStack {
    /// One pair of parentheses.
    struct Frame {
        fileprivate let base: Int
        fileprivate let undo: Int
        fileprivate let number: UInt32
        /// Where the soft groups are gathered.
        fileprivate var soft: Int?
        /// What `contains 'string'` gathers.
        var gathered = GatheredLists()
    }

    private struct Mark {
        var frame: UInt32 = 0
        var position: Int32 = 0
    }

    private var features: [Feature] = []
    /// By the numbers of names.
    private var marks: [Mark] = []
    /// What the marks were before inner parentheses changed them.
    private var undone: [(name: Int, mark: Mark)] = []
    private var frames: UInt32 = 0
    private var depth = 0

    mutating func begin() -> Frame {
        frames += 1
        depth += 1
        return Frame(base: features.count, undo: undone.count, number: frames)
    }

    /// The features of a pair of parentheses, which are gone from the stack afterwards.
    mutating func end(_ frame: Frame) -> Features {
        depth -= 1
        for (name, mark) in undone[frame.undo...].reversed() { marks[name] = mark }
        undone.removeSubrange(frame.undo...)
        for list in frame.gathered.lists { features[list.position].value = list.value }
        guard frame.base < features.count else { return Features() }
        let result = Features(distinct: Array(features[frame.base...]))
        features.removeSubrange(frame.base...)
        return result
    }

    /// Adds a feature as ``Features/add(_:onConflict:)`` does.
    ///
    /// - Parameter name: Number of its name.
    mutating func add(_ feature: Feature, _ name: Int, to frame: inout Frame) throws(FeatureConflict) {
        guard let position = position(of: name, in: frame) else {
            mark(name, frame)
            features.append(feature)
            return
        }
        if !frame.gathered.isEmpty, frame.gathered.add(feature) { return }
        try features[position].merge(feature, .fail)
    }

    /// Adds one string of a list.
    mutating func gather(
        _ text: String, _ feature: Feature, _ name: Int, in frame: inout Frame
    ) throws(FeatureConflict) {
        if frame.gathered.add(text, feature.name) { return }
        if let position = position(of: name, in: frame) {
            guard frame.gathered.begin(feature.name, after: features[position].value, at: position) else {
                throw FeatureConflict(kind: .different, existing: features[position], added: feature)
            }
        } else {
            _ = frame.gathered.begin(feature.name, after: nil, at: features.count)
            mark(name, frame)
            features.append(feature)
        }
        _ = frame.gathered.add(text, feature.name)
    }

    /// Adds a wish.
    mutating func add(soft group: SoftGroup, to frame: inout Frame) {
        if let position = frame.soft {
            features[position].appendSofts([group])
        } else {
            frame.soft = features.count
            features.append(Feature(Feature.softName, .softs([group]), source: group.source))
        }
    }

    /// Corrects the string that was added last, if it ends at this byte.
    mutating func amend(endingAt end: Int, to text: String) {
        guard let last = features.indices.last, features[last].source?.end == end,
            case .string(_, let sign) = features[last].value
        else { return }
        features[last].value = .string(text, sign)
    }

    private func position(of name: Int, in frame: Frame) -> Int? {
        guard name < marks.count, marks[name].frame == frame.number else { return nil }
        return Int(marks[name].position)
    }

    private mutating func mark(_ name: Int, _ frame: Frame) {
        while name >= marks.count { marks.append(Mark()) }
        if depth > 1 { undone.append((name, marks[name])) }
        marks[name] = Mark(frame: frame.number, position: Int32(truncatingIfNeeded: features.count))
    }
}
