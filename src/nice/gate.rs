//! What the workers pass: open, or shut for the time of a pause.

use tokio::sync::watch;

/// A gate. Without anybody who could open it, it is open.
#[derive(Clone, Debug)]
pub struct Gate(watch::Receiver<bool>);

impl Default for Gate {
    fn default() -> Self {
        shut_by_hand().1
    }
}

impl Gate {
    /// Waits while it is shut.
    pub async fn pass(&self) {
        // An error says that nobody is left who could open it.
        let mut gate = self.0.clone();
        let _open = gate.wait_for(|shut| !shut).await;
    }
}

/// An open gate, and the hand that shuts it by sending `true`.
pub(super) fn shut_by_hand() -> (watch::Sender<bool>, Gate) {
    let (hand, gate) = watch::channel(false);
    (hand, Gate(gate))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::{Gate, shut_by_hand};

    #[test]
    fn whoever_is_gone_holds_nobody_back() {
        let passes = |gate: &Gate| gate.pass().now_or_never().is_some();
        assert!(passes(&Gate::default()));
        let (hand, gate) = shut_by_hand();
        assert!(passes(&gate));
        hand.send_replace(true);
        assert!(!passes(&gate));
        hand.send_replace(false);
        assert!(passes(&gate));
        hand.send_replace(true);
        drop(hand);
        assert!(passes(&gate));
    }
}
