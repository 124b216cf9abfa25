import Contextualization
import ContextualizationAPI
import Logging

/// The contextualizer of the product.
enum ContextualizerAssembly {
    static func make(communicators: any CommunicatorFactory, logger: Logger) -> any Contextualizer {
        NativeContextualizer(factory: communicators, logger: logger)
    }
}
