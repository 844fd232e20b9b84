// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "gatehouse",
    products: [.executable(name: "gatehouse", targets: ["gatehouse"])],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    ],
    targets: [
        // C libraries: a module map and a shim each, and exactly one Swift importer.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CLinuxFiles"),
        .systemLibrary(name: "CPKCS11", providers: [.apt(["libp11-kit-dev"])]),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),

        // 1: leaves
        .target(name: "DataFormats", dependencies: ["CZip"]),
        .target(name: "DurableFiles", dependencies: ["CLinuxFiles"]),
        .target(name: "Vocabulary"),
        .target(name: "SampleData"),
        .target(name: "Expressions", dependencies: ["CRE2", "Vocabulary"]),
        .target(name: "Sealing", dependencies: ["CSodium", "COpenSSL", "Vocabulary"]),
        .target(
            name: "PostgresLink",
            dependencies: ["CLibPQ", "CEpoll", "Vocabulary", .product(name: "DequeModule", package: "swift-collections")]
        ),

        // 2: rules, no I/O
        .target(name: "Catalog", dependencies: ["Vocabulary", "DataFormats", "Expressions"]),
        .target(name: "Identity", dependencies: ["Vocabulary", "Sealing", "DataFormats"]),
        .target(name: "Policies", dependencies: ["Vocabulary", "Catalog", "Expressions", "Identity"]),
        .target(name: "TransparencyLog", dependencies: ["Vocabulary", "DataFormats", "Sealing"]),
        .target(
            name: "SubjectRights", dependencies: ["Vocabulary", "DataFormats", "Expressions", "Sealing", "Catalog", "TransparencyLog"]
        ),

        // 3: resources
        .target(name: "Storage", dependencies: ["Vocabulary", "Expressions", "Catalog", "Identity", "SubjectRights", "PostgresLink"]),
        .target(
            name: "KeyProviders",
            dependencies: [
                "CPKCS11", "Vocabulary", "DataFormats", "DurableFiles", "Sealing",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(name: "KeyRing", dependencies: ["Vocabulary", "Sealing", "KeyProviders", "Storage"]),
        .target(
            name: "AuditTrail",
            dependencies: [
                "Vocabulary", "DataFormats", "DurableFiles", "Sealing", "Catalog", "Identity", "Policies", "TransparencyLog", "PostgresLink",
                "Storage",
            ]
        ),
        .target(
            name: "Witnesses",
            dependencies: [
                "Vocabulary", "DurableFiles", "Sealing", "TransparencyLog", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "IdentityProviders",
            dependencies: [
                "Vocabulary", "DataFormats", "Identity", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "Mail",
            dependencies: [
                "Vocabulary", "DurableFiles", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "Archives",
            dependencies: [
                "CZstd", "Vocabulary", "DataFormats", "DurableFiles", "Sealing", "TransparencyLog", "SubjectRights",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .target(
            name: "Disclosure",
            dependencies: ["Vocabulary", "DataFormats", "Sealing", "Catalog", "Policies", "Storage", "AuditTrail"]
        ),

        // 4: use cases
        .target(
            name: "Gateway",
            dependencies: [
                "Vocabulary", "DataFormats", "Expressions", "Sealing", "PostgresLink", "Catalog", "Identity", "Policies", "Storage", "KeyProviders",
                "KeyRing", "TransparencyLog", "AuditTrail", "Witnesses", "Disclosure", "SubjectRights", "Mail", "Archives",
            ]
        ),

        // 5: edges
        .target(
            name: "HTTPInterface",
            dependencies: [
                "Vocabulary", "DataFormats", "Catalog", "Identity", "Policies", "Sealing", "TransparencyLog", "SubjectRights", "Storage",
                "Disclosure",
                "Gateway",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(name: "PolicyFiles", dependencies: ["Vocabulary", "Catalog", "Policies", "SubjectRights", .product(name: "Yams", package: "Yams")]),
        .target(name: "Telemetry", dependencies: ["Vocabulary", "DataFormats", .product(name: "Logging", package: "swift-log")]),
        .target(
            name: "AuditFeeds",
            dependencies: [
                "Vocabulary", "DataFormats", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),

        .target(
            name: "Webhooks",
            dependencies: [
                "Vocabulary", "SubjectRights", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),

        // 6: assembly
        .target(
            name: "Assembly",
            dependencies: [
                "Vocabulary", "DataFormats", "DurableFiles", "Expressions", "SampleData", "Sealing", "PostgresLink", "Catalog", "Identity",
                "Policies",
                "Storage", "TransparencyLog", "KeyProviders", "KeyRing", "AuditTrail", "Witnesses", "IdentityProviders", "Gateway", "HTTPInterface",
                "PolicyFiles",
                "Telemetry", "AuditFeeds", "SubjectRights", "Mail", "Webhooks", "Archives",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(name: "gatehouse", dependencies: ["Assembly"]),

        // What scripts/bench measures against; not part of the product.
        .executableTarget(
            name: "gatehouse-bench",
            dependencies: [
                "AuditTrail", "TransparencyLog", "CSodium", "Catalog", "DataFormats", "Disclosure", "Expressions", "Identity", "KeyProviders",
                "KeyRing", "Policies",
                "PolicyFiles",
                "PostgresLink",
                "Sealing", "Storage", "Vocabulary",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Benchmarks/gatehouse-bench"
        ),

        // Runs the README's tour with the binary: the build has to come first.
        .testTarget(name: "TourTests", dependencies: ["gatehouse", "TestPostgres"]),
        .testTarget(name: "DataFormatsTests", dependencies: ["DataFormats"]),
        .testTarget(name: "SampleDataTests", dependencies: ["SampleData"]),
        .testTarget(name: "VocabularyTests", dependencies: ["Vocabulary"]),
        .testTarget(name: "ExpressionsTests", dependencies: ["DataFormats", "Expressions", "Vocabulary"], exclude: ["Vectors"]),
        .testTarget(name: "SealingTests", dependencies: ["Vocabulary", "DataFormats", "Sealing", "SecretsProbe", "TestAuthority"]),
        // Who confirms heads of a log: a time-stamping authority, made by the openssl program, and a strict witness, behind HTTP.
        .target(
            name: "TestAuthority",
            dependencies: [
                "DataFormats", "Sealing", "TransparencyLog", "Vocabulary", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/TestAuthority"
        ),
        // An S3 service, which is moto's.
        .target(
            name: "TestS3",
            dependencies: [
                "TestPostgres", .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Tests/TestS3"
        ),
        // A process whose memory SealingTests look at.
        .executableTarget(name: "SecretsProbe", dependencies: ["Sealing", "Vocabulary"], path: "Tests/SecretsProbe"),
        .testTarget(
            name: "RulesTests",
            dependencies: [
                "Vocabulary", "DataFormats", "Sealing", "Catalog", "Expressions", "Identity", "Policies", "PolicyFiles", "Disclosure",
            ]
        ),
        .testTarget(
            name: "SubjectRightsTests",
            dependencies: ["Vocabulary", "DataFormats", "Expressions", "Sealing", "Catalog", "PolicyFiles", "TransparencyLog", "SubjectRights"],
            exclude: ["Reports/Golden"]
        ),
        .testTarget(
            name: "IdentityTests",
            dependencies: [
                "Vocabulary", "DataFormats", "Sealing", "Identity", "IdentityProviders", "PolicyFiles", "TestAuthority", "TestPostgres",
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "TransparencyLogTests", dependencies: ["Vocabulary", "DataFormats", "Sealing", "TransparencyLog"]),
        .testTarget(
            name: "AuditTrailTests",
            dependencies: [
                "Vocabulary", "DataFormats", "Catalog", "Identity", "Policies", "PolicyFiles", "Sealing", "Storage", "TransparencyLog", "AuditTrail",
                "PostgresLink", "TestPostgres",
            ]
        ),
        .testTarget(
            name: "WitnessesTests",
            dependencies: [
                "Vocabulary", "DataFormats", "Sealing", "TransparencyLog", "Witnesses", "TestAuthority", "TestPostgres",
                .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "MailTests",
            dependencies: [
                "DurableFiles", "Mail", "TestAuthority", "TestPostgres", "Vocabulary", .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "ArchivesTests",
            dependencies: [
                "Archives", "DataFormats", "DurableFiles", "Sealing", "SubjectRights", "TestAuthority", "TestPostgres", "TestS3", "TransparencyLog",
                "Vocabulary",
                .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "AuditFeedsTests",
            dependencies: [
                "Vocabulary", "DataFormats", "Policies", "AuditFeeds", "Telemetry", "TestPostgres",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "Vocabulary", "DataFormats", "Catalog", "Policies", "Gateway", "HTTPInterface", "PolicyFiles", "Telemetry", "Assembly",
            ]
        ),

        // Tests with real servers: a PostgreSQL for each test process, and the built program.
        .target(
            name: "TestPostgres", dependencies: ["PolicyFiles", "PostgresLink", "Storage", "Vocabulary"], path: "Tests/TestPostgres"
        ),
        .testTarget(
            name: "GatehouseTests",
            dependencies: [
                "gatehouse", "Archives", "Assembly", "Catalog", "DataFormats", "Expressions", "Gateway", "HTTPInterface", "Identity", "Policies",
                "PolicyFiles", "PostgresLink",
                "Sealing", "Storage", "SubjectRights", "TestAuthority", "TestPostgres", "TestS3", "TransparencyLog", "Vocabulary",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            exclude: ["Mappings", "Golden"]
        ),
        .testTarget(
            name: "HTTPInterfaceTests",
            dependencies: [
                "HTTPInterface", "Sealing", "TestPostgres", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "WebhooksTests",
            dependencies: ["SubjectRights", "TestAuthority", "Webhooks", .product(name: "NIOCore", package: "swift-nio")]),
        // Erasing people, from inside the process.
        .testTarget(
            name: "ErasureTests",
            dependencies: [
                "Archives", "Assembly", "Catalog", "DataFormats", "Disclosure", "Gateway", "Identity", "Policies", "PolicyFiles", "PostgresLink",
                "SampleData",
                "TestAuthority", "Webhooks",
                "Sealing", "Storage", "SubjectRights",
                "TestPostgres", "TransparencyLog", "Vocabulary", .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "KeyRingTests",
            dependencies: ["KeyProviders", "KeyRing", "PostgresLink", "Sealing", "Storage", "TestPostgres", "Vocabulary"]
        ),
        .testTarget(
            name: "ConditionTests",
            dependencies: ["Catalog", "Expressions", "PolicyFiles", "PostgresLink", "Storage", "SubjectRights", "TestPostgres", "Vocabulary"]
        ),
        .testTarget(
            name: "KeyProvidersTests",
            dependencies: [
                "DataFormats", "KeyProviders", "Sealing", "TestPostgres", "Vocabulary",
                .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "PostgresLinkTests", dependencies: ["PostgresLink", "Storage", "TestPostgres", "Vocabulary"]),
    ],
    cxxLanguageStandard: .cxx17
)

let warnings: [SwiftSetting] = Context.environment["GATEHOUSE_WARNINGS_AS_ERRORS"] == "1" ? [.treatAllWarnings(as: .error)] : []

for target in package.targets where target.type != .system {
    target.swiftSettings =
        [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ] + warnings
}
