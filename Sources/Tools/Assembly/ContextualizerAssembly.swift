import Contextualization
package import ContextualizationAPI
package import Logging
import SSHTransport

/// The contextualizer of the product.
package enum ContextualizerAssembly {
    static func make(communicators: any CommunicatorFactory, logger: Logger) -> any Contextualizer {
        NativeContextualizer(factory: communicators, logger: logger)
    }

    /// One that checks recipes where there is no state folder; opens nothing.
    package static func checker(logger: Logger) -> any Contextualizer {
        make(communicators: SSHCommunicatorFactory(), logger: logger)
    }
}
