import ConnectorAPI
import Testing

@testable import Orchestration

/// What is told of images.
@Suite struct CatalogWordsTests {
    @Test func anImageThatWasThereSaysSince() {
        var image = Image(id: "i", uri: "u", name: "n")
        #expect(InfrastructureManager.earlier(image) == nil)
        image.provider = ["libvirt": ["madeEarlier": 1_700_000_000]]
        #expect(InfrastructureManager.earlier(image) == 1_700_000_000)
    }
}
