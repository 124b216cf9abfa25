/// One property of a network, a system or another section, with all that the document says about it.
public struct Feature: Sendable, Hashable {
    /// What a property holds.
    public enum Value: Sendable, Hashable {
        /// Numbers: all constraints of the document on this property, intersected. In a box, since most features are
        /// strings: an interval is four times as large.
        indirect case number(Interval)
        /// A string; a comparison other than `=` has a meaning for versions only.
        case string(String, Comparison)
        /// A list of strings.
        case list([String], Comparison)
        /// What `contains` gathers, such as applications, in order.
        case set(FeatureSets)
        /// Wishes with weights. Stands under the name ``Feature/softName`` only.
        case softs([SoftGroup])

        var isSet: Bool {
            if case .set = self { return true }
            return false
        }
    }

    /// Name under which ``Value/softs(_:)`` stand: a reserved word, so that no other feature has it.
    public static let softName = "soft"
    /// Name of a network's ports: several sentences about them are joined with commas.
    static let portsName = "outports"

    public var name: String
    public var value: Value
    /// From the name to the end of the first value; nil for what no text said.
    @Incidental public var source: SourceRange?
    /// ``drawnLength``, or the largest number where ``isUndrawn``.
    @Incidental private var draw: UInt16 = 0

    public init(_ name: String, _ value: Value, source: SourceRange? = nil) {
        self.name = name
        self.value = value
        self.source = source
    }

    /// Of a string that was drawn by `random(N)`, the N; else 0.
    var drawnLength: UInt16 {
        get { isUndrawn ? 0 : draw }
        set { draw = newValue }
    }

    /// Whether the string reads `random(N)` and shall be drawn where it is read; every other string is what it is.
    var isUndrawn: Bool {
        get { draw == .max }
        set { draw = newValue ? .max : 0 }
    }

    /// Takes over whether, and how, another feature's string was drawn.
    mutating func takeDraw(of other: Feature) { draw = other.draw }
}

/// One element of a `contains`: the features in its parentheses.
public struct FeatureSet: Sendable, Hashable {
    public var features: Features
    @Incidental public var source: SourceRange?

    public init(_ features: Features, source: SourceRange? = nil) {
        self.features = features
        self.source = source
    }

    /// Its `name` as text: elements of the same name are one. Nil where there is none.
    public var name: String? {
        switch features["name"]?.value {
        case .string(let text, _): text
        case .number(let interval): interval.value.description
        default: nil
        }
    }
}

/// The elements of a `contains` in order, at most one of each name. Those without a name are one.
public struct FeatureSets: Sendable, Hashable {
    private static let indexThreshold = 24

    public private(set) var elements: [FeatureSet] = []
    @Incidental private var index: [String?: Int]?

    public init() {}

    /// Adds an element, or its features to the element of its name.
    ///
    /// - Throws: ``FeatureConflict`` with ``Features/ConflictRule/fail`` where their features disagree.
    public mutating func add(
        _ element: FeatureSet, onConflict rule: Features.ConflictRule = .fail
    ) throws(FeatureConflict) {
        let name = element.name
        if let position = index.map({ $0[name] }) ?? elements.firstIndex(where: { $0.name == name }) {
            try elements[position].features.add(contentsOf: element.features, onConflict: rule)
            return
        }
        let position = elements.count
        elements.append(element)
        if index != nil {
            index?[name] = position
        } else if elements.count > Self.indexThreshold {
            index = Dictionary(
                elements.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }
}

/// Features that are wished for, not demanded.
public struct SoftGroup: Sendable, Hashable {
    /// How much the wish counts.
    public var weight: RADLNumber
    public var features: Features
    @Incidental public var source: SourceRange?

    public init(weight: RADLNumber, features: Features, source: SourceRange? = nil) {
        self.weight = weight
        self.features = features
        self.source = source
    }
}
