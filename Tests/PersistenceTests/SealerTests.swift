import Foundation
import Support
import Testing

@testable import Persistence

@Suite struct SealerTests {
    private let sealer: Sealer
    private let place = Sealer.Place(table: "credential", row: ["c1", "ada"])

    init() throws {
        sealer = try Sealer(masterKey: Secret([UInt8](0..<32)))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 100_000])
    func whatIsSealedOpensAtItsPlaceOnly(_ count: Int) throws {
        let plain = Data((0..<count).map { UInt8(truncatingIfNeeded: $0) })
        let sealed = try sealer.seal(plain, at: place)
        #expect(sealed.count == count + 29)
        #expect(sealer.open(sealed, at: place) == plain)
        for other in [
            Sealer.Place(table: "credential", row: ["c2", "ada"]), Sealer.Place(table: "event", row: ["c1", "ada"]),
            // The same bytes, divided otherwise.
            Sealer.Place(table: "credential", row: ["c1a", "da"]), Sealer.Place(table: "credential", row: ["c1ada"]),
            Sealer.Place(table: "credentialc1", row: ["ada"]), Sealer.Place(table: "credential", row: []),
        ] {
            #expect(sealer.open(sealed, at: other) == nil)
        }
    }

    @Test func everyBitIsAuthenticated() throws {
        let sealed = try sealer.seal(Data("plain".utf8), at: place)
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(sealer.open(changed, at: place) == nil)
        }
        for count in 0..<sealed.count {
            #expect(sealer.open(sealed.prefix(count), at: place) == nil)
        }
        #expect(sealer.open(sealed + [0], at: place) == nil)
    }

    @Test func aSliceOpensToo() throws {
        let sealed = try sealer.seal(Data("xplain".utf8).dropFirst(), at: place)
        #expect(sealer.open((Data([9, 9]) + sealed).dropFirst(2), at: place) == Data("plain".utf8))
    }

    @Test func noncesDoNotRepeat() throws {
        let sealed = try (0..<1000).map { _ in try sealer.seal(Data("same".utf8), at: place) }
        #expect(Set(sealed.map { $0[1..<13] }).count == 1000)
        #expect(Set(sealed).count == 1000)
    }

    @Test func anotherKeyOpensNothing() throws {
        let other = try Sealer(masterKey: Secret([UInt8](1..<33)))
        #expect(try other.open(sealer.seal(Data("plain".utf8), at: place), at: place) == nil)
        #expect(other.verifier(for: "p") != sealer.verifier(for: "p"))
        #expect(throws: StoreError.self) { try Sealer(masterKey: Secret([1])) }
    }
}
