/// Characters of `random(N)`.
enum RandomText {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    /// Of those that passwords have to hold, the ones that mean nothing to shells and in YAML.
    private static let specials = Array("-_.+".utf8)
    /// Shortest password that the rule of passwords takes.
    static let shortestPassword = 7

    /// Letters and digits.
    ///
    /// - Parameter isPassword: An upper case letter, a digit and a special character are among them, where they fit in.
    static func draw(_ count: Int, isPassword: Bool, using generator: inout some RandomNumberGenerator) -> String {
        func any(_ letters: some RandomAccessCollection<UInt8>) -> UInt8 {
            letters.randomElement(using: &generator) ?? 0x30
        }
        var drawn: [UInt8] = []
        drawn.reserveCapacity(count)
        for _ in 0..<count { drawn.append(any(letters)) }
        if isPassword, count >= shortestPassword {
            // Not at the beginning: programs could take it for an option.
            var places = Array(1..<count).shuffled(using: &generator)
            for kind in [specials[...], letters[..<26], letters[52...]] {
                if let place = places.popLast() { drawn[place] = any(kind) }
            }
        }
        return String(decoding: drawn, as: UTF8.self)
    }

    /// Whether a text reads `random(N)`.
    static func isAskedFor(_ text: some Collection<UInt8>) -> Bool {
        var rest = text[...]
        for byte in "random(".utf8 {
            guard rest.popFirst() == byte else { return false }
        }
        var digits = 0
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: ")") { return digits > 0 && rest.isEmpty }
            guard byte &- 0x30 <= 9 else { return false }
            digits += 1
        }
        return false
    }

    /// Whether a text could have been drawn.
    static func isPossible(_ text: String, length: UInt16) -> Bool {
        text.utf8.count == Int(length) && text.utf8.allSatisfy { letters.contains($0) || specials.contains($0) }
    }
}

extension RADLDocument {
    /// The document with `random(N)` in the place of what was drawn, so that it draws again where it is read: for showing
    /// and for writing down.
    public var undrawn: RADLDocument {
        var copy = self
        copy.mapFeatures { feature in
            guard feature.drawnLength > 0, case .string = feature.value else { return }
            feature.value = .string("random(\(feature.drawnLength))", .equal)
            feature.isUndrawn = true
        }
        return copy
    }

    /// Takes over what `random(N)` gave an earlier document for the same features of the same sections: reading a document
    /// once more changes no password.
    public mutating func keepDrawn(from old: RADLDocument) {
        if let before = old.description { description?.features.keepDrawn(from: before.features) }
        Self.keepDrawn(&ansibleHosts, old.ansibleHosts)
        Self.keepDrawn(&networks, old.networks)
        Self.keepDrawn(&systems, old.systems)
    }

    private static func keepDrawn<Section: RADLSection>(_ sections: inout [Section], _ old: [Section]) {
        guard sections.contains(where: { $0.features.hasDrawn }) else { return }
        let before = Dictionary(old.map { ($0.id, $0.features) }, uniquingKeysWith: { first, _ in first })
        for position in sections.indices where sections[position].features.hasDrawn {
            if let features = before[sections[position].id] { sections[position].features.keepDrawn(from: features) }
        }
    }

    private mutating func mapFeatures(_ change: (inout Feature) -> Void) {
        if description?.features.hasDrawn == true { description?.features.map(change) }
        for position in ansibleHosts.indices where ansibleHosts[position].features.hasDrawn {
            ansibleHosts[position].features.map(change)
        }
        for position in networks.indices where networks[position].features.hasDrawn {
            networks[position].features.map(change)
        }
        for position in systems.indices where systems[position].features.hasDrawn {
            systems[position].features.map(change)
        }
    }
}

extension Features {
    fileprivate var hasDrawn: Bool {
        all.contains { feature in
            switch feature.value {
            case .set(let sets): sets.elements.contains { $0.features.hasDrawn }
            case .softs(let groups): groups.contains { $0.features.hasDrawn }
            default: feature.drawnLength > 0
            }
        }
    }

    fileprivate mutating func keepDrawn(from old: Features) {
        guard hasDrawn else { return }
        for feature in all {
            guard let before = old[feature.name] else { continue }
            var feature = feature
            switch (feature.value, before.value) {
            case (.string, .string(let text, _)):
                guard feature.drawnLength > 0, RandomText.isPossible(text, length: feature.drawnLength) else {
                    continue
                }
                feature.value = .string(text, .equal)
            case (.set(let sets), .set(let others)):
                let elements = Dictionary(
                    others.elements.map { ($0.name, $0.features) }, uniquingKeysWith: { first, _ in first })
                var new = FeatureSets()
                for var element in sets.elements {
                    if let features = elements[element.name] { element.features.keepDrawn(from: features) }
                    // Elements of one set have different names.
                    try? new.add(element, onConflict: .keep)
                }
                feature.value = .set(new)
            case (.softs(var groups), .softs(let others)):
                for (position, group) in zip(groups.indices, others) {
                    groups[position].features.keepDrawn(from: group.features)
                }
                feature.value = .softs(groups)
            default: continue
            }
            set(feature)
        }
    }
}
