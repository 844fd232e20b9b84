extension Setting {
    /// Every setting there is. A variable that begins with GATEHOUSE_ and is not here is refused, so that no slip of the keyboard goes unseen.
    static let all: [Setting] = place + edge + databases + keys + audit + people + backup + caller

    private static let place = [
        Setting("GATEHOUSE_CONFIG", .file, "gatehouse.yaml or gatehouse.json in the state directory", "the configuration file"),
        Setting("GATEHOUSE_STATE", .text, ".state", "the state directory: keys, newest signed heads, the embedded PostgreSQL"),
        Setting("GATEHOUSE_POLICIES", .text, nil, "the folder of policies; found by itself in a checkout"),
    ]

    private static let edge = [
        Setting("GATEHOUSE_LISTEN", .text, "127.0.0.1:8080", "where 'serve' listens; without TLS on loopback alone"),
        Setting("GATEHOUSE_TLS_CERTIFICATE_FILE", .file, nil, "the server's certificate in PEM, then those that lead to its root"),
        Setting("GATEHOUSE_TLS_KEY_FILE", .secretFile, nil, "its key in PEM, mode 0600"),
        Setting("GATEHOUSE_TLS_CLIENT_CA_FILE", .file, nil, "authorities in PEM whose client certificates are taken"),
        Setting("GATEHOUSE_TLS_CLIENT_CERTIFICATES", .choice(["optional", "required"]), "optional", "whether a client needs a certificate"),
        Setting("GATEHOUSE_TRUSTED_PROXIES", .text, nil, "addresses and networks of proxies whose X-Forwarded-For and Client-Cert count"),
        Setting("GATEHOUSE_ISSUERS_FILE", .file, nil, "issuers whose tokens are taken, and the certificates of services"),
        Setting("GATEHOUSE_PUBLIC_URL", .text, "http://127.0.0.1:8080", "where people reach the gateway, for links"),
        Setting("GATEHOUSE_WEBHOOKS_ALLOW_PRIVATE", .choice(["0", "1"]), "0", "whether webhooks may go to private addresses"),
    ]

    private static let databases = [
        Setting("DATABASE_URL", .database, "an embedded PostgreSQL", "the store"),
        Setting("VAULT_URL", .database, "an embedded PostgreSQL", "the vault"),
        Setting("GATEHOUSE_TRANSACTION_POOLER", .choice(["0", "1"]), "0", "whether both are behind PgBouncer in transaction mode"),
        Setting("GATEHOUSE_DIRECT_DATABASE_URL", .database, "DATABASE_URL", "the store past the pooler, for restores"),
        Setting("GATEHOUSE_DIRECT_VAULT_URL", .database, "VAULT_URL", "the vault past the pooler, for news of destroyed keys and restores"),
    ]

    private static let keys = [
        Setting("GATEHOUSE_KEY_PROVIDER", .choice(["file", "pkcs11", "transit"]), "file", "who holds the root key"),
        Setting("GATEHOUSE_PASSPHRASE_FILE", .secretFile, nil, "file: the passphrase that seals the root key"),
        Setting("GATEHOUSE_CREDENTIAL_FILE", .secretFile, "keys/host.credential", "file: the credential that seals it, without a passphrase"),
        Setting("GATEHOUSE_NEXT_PASSPHRASE_FILE", .secretFile, nil, "file: the same for the next root key, when the root is replaced"),
        Setting("GATEHOUSE_NEXT_CREDENTIAL_FILE", .secretFile, nil, "file: the same for the next root key, when the root is replaced"),
        Setting("GATEHOUSE_PKCS11_MODULE", .file, nil, "pkcs11: the absolute path of the token's library"),
        Setting("GATEHOUSE_PKCS11_TOKEN", .text, nil, "pkcs11: the token's label"),
        Setting("GATEHOUSE_PKCS11_PIN_FILE", .secretFile, nil, "pkcs11: the user's PIN"),
        Setting("GATEHOUSE_TRANSIT_URL", .text, nil, "transit: the server, https://host:port"),
        Setting("GATEHOUSE_TRANSIT_MOUNT", .text, "transit", "transit: the path of the engine"),
        Setting("GATEHOUSE_TRANSIT_TOKEN_FILE", .secretFile, nil, "transit: the token; read again when it is refused"),
        Setting("GATEHOUSE_RECOVERY_RECIPIENTS_FILE", .file, "keys/recovery-recipients", "age recipients that epoch keys are copied to"),
        Setting("GATEHOUSE_KEY_CACHE_SECONDS", .number(1...3600), "60", "how long an opened key is kept; the same in every gateway of a vault"),
        Setting("GATEHOUSE_EPOCH_DAYS", .number(0...3650), "30", "how long an epoch lasts once somebody was erased in it; 0: ended by hand"),
    ]

    private static let audit = [
        Setting("GATEHOUSE_AUDIT_NAME", .text, "gatehouse", "what new logs are called, like a URL without scheme"),
        Setting("GATEHOUSE_AUDIT_SPOOL_MB", .number(0...4095), "64", "how much may wait on this host while the database takes no events"),
        Setting("GATEHOUSE_AUDIT_WITNESSES_FILE", .file, nil, "who witnesses the log"),
        Setting("GATEHOUSE_AUDIT_WITNESS_SECONDS", .number(1...86_400), "60", "how often each is shown the newest head"),
        Setting("GATEHOUSE_AUDIT_FEEDS_FILE", .file, nil, "collectors that events are pushed to"),
        Setting("GATEHOUSE_AUDIT_KEEP_MONTHS", .number(1...1200), "all", "how many full months of entries are kept"),
    ]

    private static let people = [
        Setting("GATEHOUSE_SMTP_URL", .text, "files in the state directory's mailbox", "the mail server, without a password"),
        Setting("GATEHOUSE_SMTP_PASSWORD_FILE", .secretFile, nil, "the password for it"),
        Setting("GATEHOUSE_SMTP_CA_FILE", .file, "the system's", "authorities in PEM that its certificate has to lead to"),
        Setting("GATEHOUSE_MAIL_FROM", .text, "the controller's of processing.yaml", "the address messages come from"),
        Setting("GATEHOUSE_RETENTION", .choice(["off", "plan", "run"]), "plan", "whether what has lasted its time is counted, or let go"),
        Setting("GATEHOUSE_RETENTION_HOUR", .number(0...23), "3", "the hour of the controller's day for it"),
    ]

    private static let backup = [
        Setting("GATEHOUSE_BACKUP_REPOSITORY", .text, "none", "where backups rest: an absolute path, or s3://bucket/prefix"),
        Setting("GATEHOUSE_BACKUP_RECIPIENTS_FILE", .file, "keys/backup-recipients", "age recipients that they are sealed for"),
        Setting("GATEHOUSE_BACKUP_SCHEDULE", .text, "off", "when 'serve' makes one: every 6h, daily 02:30, weekly sun 03:00"),
        Setting("GATEHOUSE_BACKUP_KEEP", .text, "all", "which stay: last=7 daily=7 weekly=4 monthly=12 within=48h"),
        Setting("GATEHOUSE_BACKUP_DATABASE_URL", .database, "DATABASE_URL", "a role that reads the store whole"),
        Setting("GATEHOUSE_BACKUP_VAULT_URL", .database, "VAULT_URL", "a role that reads the vault whole"),
        Setting("GATEHOUSE_S3_ENDPOINT", .text, "AWS", "the S3 service"),
        Setting("GATEHOUSE_S3_REGION", .text, "us-east-1", "its region"),
        Setting("GATEHOUSE_S3_CREDENTIALS_FILE", .secretFile, nil, "its aws_access_key_id and aws_secret_access_key"),
    ]

    /// Of whoever runs a command against a gateway elsewhere.
    private static let caller = [
        Setting("GATEHOUSE_URL", .text, nil, "the running gateway that commands talk to"),
        Setting("GATEHOUSE_TOKEN", .token, nil, "the token they talk to it with"),
        Setting("GATEHOUSE_CA_FILE", .file, "the system's", "authorities in PEM that its certificate has to lead to"),
        Setting("GATEHOUSE_PROFILE", .text, nil, "the profile that names both; see 'gatehouse profile'"),
    ]

    /// What building and testing know, and the program does not read.
    static let others: Set<String> = [
        "GATEHOUSE_BINARY", "GATEHOUSE_SOAK_RUNS", "GATEHOUSE_SOAK_SEED", "GATEHOUSE_TEST_TOOLS", "GATEHOUSE_TOUR_URL",
        "GATEHOUSE_WARNINGS_AS_ERRORS",
    ]
}
