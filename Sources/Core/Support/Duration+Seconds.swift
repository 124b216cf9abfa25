package import Foundation

extension Duration {
    /// With fractions.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension Date {
    /// The moment that long after this one.
    package func adding(_ duration: Duration) -> Date { addingTimeInterval(duration.inSeconds) }
}
