import ConnectorAPI
import ConnectorWire
import Foundation

/// The answer to a describe of 1,000 machines, written and read.
enum JSONBench {
    static func run() throws -> [String: Double] {
        let machines = (0..<1000).map { number in
            Outcome.done(
                Machine(
                    id: "dummy-\(number)", machineID: "m\(number)", batchToken: "bench", state: .running,
                    addresses: [
                        Machine.Address(interface: 0, address: "10.0.\(number / 250).\(number % 250)", public: false),
                        Machine.Address(interface: 1, address: "158.42.\(number / 250).\(number % 250)", public: true),
                    ],
                    flavor: "dummy.small", image: "image1", zone: "zone-1", launchedAt: Date(),
                    tags: ["infrastructure": "bench", "name": "node-\(number)"]))
        }
        let bytes = try WireCodec.encode(machines)
        let data = Data(bytes)
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(WireDate.text(date))
        }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return WireDate.date(text) ?? .distantPast
        }
        return [
            "bytes": Double(bytes.count),
            "encode": try Measure.medianCPU(50) { _ = try WireCodec.encode(machines) },
            "decode": try Measure.medianCPU(50) { _ = try WireCodec.decode([Outcome<Machine>].self, from: bytes) },
            "foundationEncode": try Measure.medianCPU(50) { _ = try encoder.encode(machines) },
            "foundationDecode": try Measure.medianCPU(50) {
                _ = try decoder.decode([Outcome<Machine>].self, from: data)
            },
        ]
    }
}
