#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The C library's `pow`.
func realPower(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// The C library's natural logarithm.
func naturalLogarithm(_ number: Double) -> Double { log(number) }

/// The C library's decimal logarithm.
func decimalLogarithm(_ number: Double) -> Double { log10(number) }

/// The C library's `sin`.
func sine(_ angle: Double) -> Double { sin(angle) }
