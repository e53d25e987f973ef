//! Who gets how much of the sender.
//!
//! A webhook has at most [`curtail_config::Webhooks::endpoint_concurrency`] tries under way, and one of which the last try failed or
//! was slow has one. All those together have a quarter of the sender, so whatever they do, three quarters are for the rest.
//! Among themselves they take turns.

use std::collections::{HashMap, VecDeque};

/// The part of the sender that failing and slow webhooks may take together: one of so many.
const SLOW_PART: i64 = 4;

/// How much may be taken at once.
#[derive(Debug, PartialEq, Eq)]
pub struct Rooms {
    /// In all.
    pub all: i64,
    /// For a webhook that is not named.
    pub each: i64,
    /// Those with a room of their own.
    pub webhooks: Vec<i64>,
    /// Their rooms, in the same order; may be 0.
    pub own: Vec<i64>,
}

/// The tries under way.
#[derive(Debug)]
pub struct Lanes {
    all: i64,
    each: i64,
    /// Tries under way, by webhook; none is not there.
    flying: HashMap<i64, i64>,
    /// Webhooks that failed or were slow, in the order of their turns.
    slow: VecDeque<i64>,
}

impl Lanes {
    /// At most `all` tries, and `each` for one webhook.
    pub fn new(all: u32, each: u32) -> Self {
        Self { all: all.into(), each: each.into(), flying: HashMap::new(), slow: VecDeque::new() }
    }

    /// What may be taken now.
    pub fn rooms(&mut self) -> Rooms {
        let flying: i64 = self.flying.values().sum();
        let slow_flying = self.slow.iter().filter(|id| self.flying.contains_key(id)).count();
        let mut slow_room = (self.all / SLOW_PART).max(1) - i64::try_from(slow_flying).unwrap_or(i64::MAX);
        let mut own: HashMap<i64, i64> =
            self.flying.iter().map(|(id, flying)| (*id, (self.each - flying).max(0))).collect();
        // Those that get a room now stand behind the others next time.
        for _ in 0..self.slow.len() {
            let Some(id) = self.slow.pop_front() else { break };
            self.slow.push_back(id);
            let room = i64::from(slow_room > 0 && !self.flying.contains_key(&id));
            slow_room -= room;
            own.insert(id, room);
            if slow_room == 0 && room == 1 {
                break;
            }
        }
        for id in &self.slow {
            own.entry(*id).and_modify(|room| *room = (*room).min(1)).or_insert(0);
        }
        let (webhooks, own) = own.into_iter().unzip();
        Rooms { all: (self.all - flying).max(0), each: self.each, webhooks, own }
    }

    /// A try began.
    pub fn began(&mut self, webhook: i64) {
        *self.flying.entry(webhook).or_default() += 1;
    }

    /// A try ended; `well`: with success, and soon.
    pub fn ended(&mut self, webhook: i64, well: bool) {
        if let Some(flying) = self.flying.get_mut(&webhook) {
            *flying -= 1;
            if *flying == 0 {
                self.flying.remove(&webhook);
            }
        }
        let known = self.slow.iter().position(|id| *id == webhook);
        match (known, well) {
            (Some(place), true) => {
                self.slow.remove(place);
            }
            (None, false) => self.slow.push_back(webhook),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(rooms: &Rooms, webhook: i64) -> i64 {
        rooms.webhooks.iter().position(|id| *id == webhook).map_or(rooms.each, |place| rooms.own[place])
    }

    #[test]
    fn one_webhook_has_its_share_and_no_more() {
        let mut lanes = Lanes::new(10, 3);
        lanes.began(1);
        lanes.began(1);
        let rooms = lanes.rooms();
        assert_eq!((rooms.all, room(&rooms, 1), room(&rooms, 2)), (8, 1, 3));
        lanes.began(1);
        assert_eq!(room(&lanes.rooms(), 1), 0);
        lanes.ended(1, true);
        assert_eq!(room(&lanes.rooms(), 1), 1);
        (0..2).for_each(|_| lanes.ended(1, true));
        assert!(lanes.flying.is_empty());
    }

    #[test]
    fn one_that_fails_has_one_until_it_is_well() {
        let mut lanes = Lanes::new(40, 8);
        lanes.began(1);
        lanes.ended(1, false);
        assert_eq!(room(&lanes.rooms(), 1), 1);
        lanes.began(1);
        assert_eq!(room(&lanes.rooms(), 1), 0);
        lanes.ended(1, true);
        assert_eq!(room(&lanes.rooms(), 1), 8);
    }

    #[test]
    fn all_that_fail_share_a_quarter_and_take_turns() {
        let mut lanes = Lanes::new(8, 4);
        for id in 1..=5 {
            lanes.began(id);
            lanes.ended(id, false);
        }
        let of = |rooms: &Rooms| (1..=5).filter(|id| room(rooms, *id) == 1).collect::<Vec<_>>();
        let turns: Vec<_> = (0..3).map(|_| of(&lanes.rooms())).collect();
        assert_eq!(turns, [vec![1, 2], vec![3, 4], vec![1, 5]]);
        lanes.began(3);
        lanes.began(4);
        let rooms = lanes.rooms();
        assert_eq!((of(&rooms), rooms.all, room(&rooms, 9)), (vec![], 6, 4));
    }
}
