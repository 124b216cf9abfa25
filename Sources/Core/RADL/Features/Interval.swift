/// What a document asks of a number: an end below, an end above, or both.
public struct Interval: Sendable, Hashable {
    /// One end.
    public struct Bound: Sendable, Hashable {
        public var quantity: Quantity
        public var comparison: Comparison

        public init(_ comparison: Comparison, _ quantity: Quantity) {
            self.comparison = comparison
            self.quantity = quantity
        }
    }

    /// The lower end; `=`, `>` or `>=`.
    public private(set) var lower: Bound?
    /// The upper end; `=`, `<` or `<=`.
    public private(set) var upper: Bound?

    /// What one feature says: `=` sets both ends, the others one.
    public init(_ comparison: Comparison, _ quantity: Quantity) {
        let bound = Bound(comparison, quantity)
        lower = comparison == .less || comparison == .lessOrEqual ? nil : bound
        upper = comparison == .greater || comparison == .greaterOrEqual ? nil : bound
    }

    /// Exactly this number.
    public init(_ number: RADLNumber, unit: RADLUnit = .none) {
        self.init(.equal, Quantity(number, unit: unit))
    }

    /// Whether both ends are the same `=`.
    public var isExact: Bool {
        lower?.comparison == .equal && lower == upper
    }

    /// The number to take where one is wanted: the lower end if there is one, else the upper.
    public var value: Quantity {
        lower?.quantity ?? upper?.quantity ?? Quantity(.integer(0))
    }

    /// Narrows by another one. As in IM, `<` and `<=` differ in print only.
    ///
    /// - Returns: nil where no number is in both.
    public func intersection(_ other: Interval) -> Interval? {
        var result = self
        if let new = other.lower {
            result.lower = Self.tighter(new, lower, keepsOldOnTie: false) { $0 > $1 }
        }
        if let new = other.upper {
            result.upper = Self.tighter(new, upper, keepsOldOnTie: true) { $0 < $1 }
        }
        if let low = result.lower, let high = result.upper,
            low.quantity.scaledValue > high.quantity.scaledValue
        {
            return nil
        }
        // An end with `=` says all: the other end can only be the same number.
        if let low = result.lower, low.comparison == .equal { result.upper = low }
        if let high = result.upper, high.comparison == .equal { result.lower = high }
        return result
    }

    private static func tighter(
        _ new: Bound, _ old: Bound?, keepsOldOnTie: Bool, by isTighter: (Double, Double) -> Bool
    ) -> Bound {
        guard let old else { return new }
        let newValue = new.quantity.scaledValue
        let oldValue = old.quantity.scaledValue
        if newValue == oldValue {
            if old.comparison == .equal || new.comparison == .equal {
                return new.comparison == .equal ? new : old
            }
            return keepsOldOnTie ? old : new
        }
        return isTighter(newValue, oldValue) ? new : old
    }

    /// Both ends in one unit.
    public func range(in unit: RADLUnit = .none) -> NumericRange {
        NumericRange(
            low: lower.map { $0.quantity.converted(to: unit).doubleValue },
            high: upper.map { $0.quantity.converted(to: unit).doubleValue },
            excludesLow: lower?.comparison == .greater, excludesHigh: upper?.comparison == .less)
    }

    /// What has to be written to say the same: one comparison, or two.
    public var bounds: [Bound] {
        if let lower, let upper {
            return lower == upper || lower.comparison == .equal ? [lower] : [lower, upper]
        }
        return [lower, upper].compactMap { $0 }
    }
}

/// Ends of an ``Interval`` as plain numbers in one unit.
public struct NumericRange: Sendable, Hashable {
    public var low: Double?
    public var high: Double?
    /// The lower end itself is not meant (`>`).
    public var excludesLow: Bool
    /// The upper end itself is not meant (`<`).
    public var excludesHigh: Bool

    public init(low: Double?, high: Double?, excludesLow: Bool = false, excludesHigh: Bool = false) {
        self.low = low
        self.high = high
        self.excludesLow = excludesLow
        self.excludesHigh = excludesHigh
    }

    /// Whether a number satisfies the range.
    public func contains(_ value: Double) -> Bool {
        if let low, excludesLow ? value <= low : value < low { return false }
        if let high, excludesHigh ? value >= high : value > high { return false }
        return true
    }
}
