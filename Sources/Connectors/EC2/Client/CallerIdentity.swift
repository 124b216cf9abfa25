import ConnectorAPI
import HTTPTransport

/// Whose keys they are: the number of the account, which outlives every key.
enum CallerIdentity {
    static let request: EC2Request = {
        var request = EC2Request("GetCallerIdentity")
        request.version = "2011-06-15"
        return request
    }()

    /// Longest time for the answer, which nothing but the name of the account waits for.
    private static let longest = Duration.seconds(10)

    /// Asks the Security Token Service.
    ///
    /// - Returns: nil where it does not tell: there is none at this endpoint, it cannot be reached, or it refuses.
    /// - Throws: ``ConnectorError`` where AWS is asked and says that it would tell later; the session is opened again
    ///   then, and does not get another name for a moment.
    static func number(
        of account: EC2Account, http: any HTTPClient, _ budget: CallBudget
    ) async throws(ConnectorError) -> String? {
        let client = EC2Client(
            http: http, endpoint: account.identityEndpoint,
            signer: AWSSigner(keys: account.keys, region: account.region, service: "sts"), longestRequest: longest)
        do {
            return try await client.call(request, budget) { try number($0) }
        } catch {
            let isLater = error.code == .throttled || error.code == .unavailable && error.provider?.status != nil
            if error.code == .cancelled || isLater && !account.isForeign { throw error }
            return nil
        }
    }

    /// `GetCallerIdentityResult/Account`, where it is one.
    private static func number(_ reader: XMLPullReader) throws -> String? {
        var number: String?
        try reader.children { name in
            guard name == "GetCallerIdentityResult" else { return }
            try reader.children { if $0 == "Account" { number = try reader.text() } }
        }
        let isPlain = number?.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isPlain == true ? number?.nonEmpty : nil
    }
}
