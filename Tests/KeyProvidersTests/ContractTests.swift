import KeyProviders
import Sealing
import Testing
import Vocabulary

/// What every key provider promises, asked of each.
struct ContractTests {
    private let label = Array("epoch key 7 of a tenant".utf8)

    @Test(arguments: Place.kinds)
    func `a wrapped key comes back, here and in another process`(_ kind: Place.Kind) async throws {
        let place = try await Place.make(kind)
        let provider = try await place.open()
        let name = WrappingKeyName.make()
        let key = SymmetricKey.random()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(key, under: name, label: label)
        #expect(provider.kind == kind.rawValue)
        #expect(try await provider.unwrap(wrapped, under: name, label: label).copiedBytes == key.copiedBytes)
        #expect(try await place.open().unwrap(wrapped, under: name, label: label).copiedBytes == key.copiedBytes)
        #expect(try await provider.wrap(key, under: name, label: label) != wrapped)
    }

    @Test(arguments: Place.kinds)
    func `the label may be empty or long`(_ kind: Place.Kind) async throws {
        let provider = try await Place.make(kind).open()
        let name = WrappingKeyName.make()
        let key = SymmetricKey.random()
        try await provider.makeKey(name)
        for label in [[], [UInt8](repeating: 0xFF, count: 1000)] as [[UInt8]] {
            let wrapped = try await provider.wrap(key, under: name, label: label)
            #expect(try await provider.unwrap(wrapped, under: name, label: label).copiedBytes == key.copiedBytes)
        }
    }

    @Test(arguments: Place.kinds)
    func `a wrapped key opens under its own name and label only`(_ kind: Place.Kind) async throws {
        let provider = try await Place.make(kind).open()
        let name = WrappingKeyName.make()
        let other = WrappingKeyName.make()
        for made in [name, other] { try await provider.makeKey(made) }
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        await refused(.unopened) { _ = try await provider.unwrap(wrapped, under: name, label: label + [0]) }
        await refused(.unopened) { _ = try await provider.unwrap(wrapped, under: name, label: []) }
        await refused(.unopened) { _ = try await provider.unwrap(wrapped, under: other, label: label) }
        await refused(.unknown) { _ = try await provider.unwrap(wrapped, under: .make(), label: label) }
        await refused(.unknown) { _ = try await provider.wrap(.random(), under: .make(), label: label) }
    }

    @Test(arguments: Place.kinds)
    func `a wrapped key with any byte changed, missing or added does not open`(_ kind: Place.Kind) async throws {
        let provider = try await Place.make(kind).open()
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        for position in wrapped.indices {
            var changed = wrapped
            changed[position] ^= 1
            await refused(.unopened) { _ = try await provider.unwrap(changed, under: name, label: label) }
        }
        for changed in [[], Array(wrapped.dropLast()), Array(wrapped.dropFirst()), wrapped + [0], wrapped + wrapped] {
            await refused(.unopened) { _ = try await provider.unwrap(changed, under: name, label: label) }
        }
    }

    @Test(arguments: Place.kinds)
    func `making a key again keeps it`(_ kind: Place.Kind) async throws {
        let place = try await Place.make(kind)
        let provider = try await place.open()
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        try await provider.makeKey(name)
        try await place.open().makeKey(name)
        _ = try await provider.unwrap(wrapped, under: name, label: label)
        #expect(try await provider.keyNames() == [name])
    }

    @Test(arguments: Place.kinds)
    func `providers that make the same keys at the same time agree on them`(_ kind: Place.Kind) async throws {
        let place = try await Place.make(kind)
        let label = label
        let names = (0..<4).map { WrappingKeyName.make(epoch: $0) }
        let wrapped = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let provider = try await place.open()
                    var wrapped: [[UInt8]] = []
                    for name in names {
                        try await provider.makeKey(name)
                        wrapped.append(try await provider.wrap(.random(), under: name, label: label))
                    }
                    return wrapped
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let provider = try await place.open()
        for list in wrapped {
            for (name, wrapped) in zip(names, list) { _ = try await provider.unwrap(wrapped, under: name, label: label) }
        }
        #expect(try await Set(provider.keyNames()) == Set(names))
        #expect(try await provider.keyNames().count == names.count)
    }

    @Test(arguments: Place.kinds)
    func `a destroyed key is gone for all who had it, and for good`(_ kind: Place.Kind) async throws {
        let place = try await Place.make(kind)
        let provider = try await place.open()
        let other = try await place.open()
        let name = WrappingKeyName.make()
        try await provider.makeKey(name)
        let wrapped = try await provider.wrap(.random(), under: name, label: label)
        _ = try await other.unwrap(wrapped, under: name, label: label)
        try await provider.destroyKey(name)
        for provider in [provider, other, try await place.open()] {
            await refused(.unknown) { _ = try await provider.unwrap(wrapped, under: name, label: label) }
            await refused(.unknown) { _ = try await provider.wrap(.random(), under: name, label: label) }
            #expect(try await provider.keyNames().isEmpty)
        }
        // A key that is made later under the same name is another.
        try await other.makeKey(name)
        await refused(.unopened) { _ = try await provider.unwrap(wrapped, under: name, label: label) }
    }

    @Test(arguments: Place.kinds)
    func `destroying again, or what never was, is no error`(_ kind: Place.Kind) async throws {
        let place = try await Place.make(kind)
        let provider = try await place.open()
        let name = WrappingKeyName.make()
        let kept = WrappingKeyName.make()
        for made in [name, kept] { try await provider.makeKey(made) }
        try await provider.destroyKey(name)
        try await provider.destroyKey(name)
        try await place.open().destroyKey(name)
        try await provider.destroyKey(.make())
        #expect(try await provider.keyNames() == [kept])
    }

    @Test(arguments: Place.kinds)
    func `the names are those of the keys there are`(_ kind: Place.Kind) async throws {
        let provider = try await Place.make(kind).open()
        #expect(try await provider.keyNames().isEmpty)
        let names = (0..<5).map { WrappingKeyName.make(epoch: .max - $0, generation: $0) }
        for name in names { try await provider.makeKey(name) }
        #expect(try await Set(provider.keyNames()) == Set(names))
        try await provider.destroyKey(names[2])
        #expect(try await Set(provider.keyNames()) == Set(names).subtracting([names[2]]))
    }

    @Test(arguments: Place.kinds)
    func `a replaced root takes new keys, and leaves when the old ones are gone`(_ kind: Place.Kind) async throws {
        let place = try await Place.make(kind)
        let provider = try await place.open()
        let other = try await place.open()
        let old = WrappingKeyName.make(generation: 0)
        let new = WrappingKeyName(tenant: old.tenant, epoch: old.epoch, generation: 1)
        try await provider.finishRootReplacement()
        try await provider.makeKey(old)
        let wrapped = try await provider.wrap(.random(), under: old, label: label)

        try await provider.beginRootReplacement()
        try await provider.beginRootReplacement()
        try await other.makeKey(new)
        let key = try await provider.unwrap(wrapped, under: old, label: label)
        let rewrapped = try await provider.wrap(key, under: new, label: label)
        #expect(try await other.unwrap(wrapped, under: old, label: label).copiedBytes == key.copiedBytes)

        try await other.destroyKey(old)
        try await provider.finishRootReplacement()
        try await other.finishRootReplacement()
        for provider in [provider, other, try await place.open()] {
            #expect(try await provider.unwrap(rewrapped, under: new, label: label).copiedBytes == key.copiedBytes)
            await refused(.unknown) { _ = try await provider.unwrap(wrapped, under: old, label: label) }
        }
    }
}
