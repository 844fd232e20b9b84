package import Vocabulary

/// One observer that tells several, in order, each observation before the next.
package enum ObserverFan {
    package static func out(to observers: Observer...) -> Observer {
        { observation in for observer in observers { observer(observation) } }
    }
}
