import RADL

extension RADLDocument {
    /// The document with its sizes in the largest unit that leaves them whole: the JSON form has bytes only.
    var withReadableSizes: RADLDocument {
        var document = self
        for index in document.systems.indices {
            document.systems[index].features = document.systems[index].features.withReadableSizes
        }
        return document
    }
}

extension Features {
    fileprivate var withReadableSizes: Features {
        var features = self
        for feature in all {
            var feature = feature
            switch feature.value {
            case .number(let interval):
                guard FeatureRule.rule(for: feature.name, in: .system)?.units.contains("GiB") == true,
                    let readable = interval.withReadableSizes
                else { continue }
                feature.value = .number(readable)
            case .softs(let groups):
                feature.value = .softs(
                    groups.map { SoftGroup(weight: $0.weight, features: $0.features.withReadableSizes) })
            default: continue
            }
            features.set(feature)
        }
        return features
    }
}

extension Interval {
    /// Nil where it cannot be said otherwise.
    fileprivate var withReadableSizes: Interval? {
        bounds.map { Interval($0.comparison, $0.quantity.readable) }
            .reduce(nil as Interval?) { result, next in result.map { $0.intersection(next) } ?? next }
    }
}

extension Quantity {
    /// `4GiB` for 4294967296, `2GB` for 2000000000: the shortest number.
    fileprivate var readable: Quantity {
        guard unit == .none, case .integer(let bytes) = number, bytes > 0 else { return self }
        let binary: [RADLUnit] = ["TiB", "GiB", "MiB", "KiB"]
        let decimal: [RADLUnit] = ["TB", "GB", "MB", "KB"]
        let units = [binary, decimal].compactMap { units in units.first { bytes % $0.factor == 0 } }
        guard let unit = units.max(by: { $0.factor < $1.factor }) else { return self }
        return Quantity(.integer(bytes / unit.factor), unit: unit)
    }
}

extension Int64 {
    /// Bytes as a document would say them: `512 MB`, `2 GiB`; what is no whole number of either in tenths of GiB or MiB.
    var readableSize: String {
        let quantity = Quantity(.integer(Int(self))).readable
        if quantity.unit.factor >= 1_000_000 { return "\(quantity.number) \(quantity.unit.text)" }
        let (unit, name) = self >= 1 << 30 ? (1 << 30, "GiB") : (1 << 20, "MiB")
        let tenths = self / (Int64(unit) / 10)
        return "\(tenths / 10).\(tenths % 10) \(name)"
    }
}
