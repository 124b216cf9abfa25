import ConnectorAPI
import Testing

@testable import Orchestration

/// What is told of images.
@Suite struct CatalogWordsTests {
    @Test func anUnknownImageIsToldWithThoseThatThereAre() {
        let wanted = ["libvirt://gantry/none.qcow2"]
        #expect(
            CandidateFinder.unknown(wanted, there: ["libvirt://lab/b.qcow2", "libvirt://gantry/a.qcow2"])
                == "image libvirt://gantry/none.qcow2 is unknown there; there are: libvirt://gantry/a.qcow2, "
                + "libvirt://lab/b.qcow2")
        #expect(CandidateFinder.unknown(wanted, there: []).hasSuffix("there is none in its catalog"))
        // Too many to be told, and those of a cloud with regions.
        #expect(CandidateFinder.unknown(wanted, there: (0..<13).map { "i\($0)" }).contains("not shared"))
        #expect(CandidateFinder.unknown(wanted, there: nil).contains("of another region"))
    }

    @Test func anImageThatWasThereSaysSince() {
        var image = Image(id: "i", uri: "u", name: "n")
        #expect(InfrastructureManager.earlier(image) == nil)
        image.provider = ["libvirt": ["madeEarlier": 1_700_000_000]]
        #expect(InfrastructureManager.earlier(image) == 1_700_000_000)
    }
}
