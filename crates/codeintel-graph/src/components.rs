//! Which nodes of a graph lead to one another, and how deep the graph is below each of them.

/// The strongly connected components of a graph, given the nodes that each node leads to: nodes that lead to one another,
/// directly or through others. A component comes behind those that it leads to.
///
/// Tarjan's algorithm, with a stack of its own, since graphs are deeper than threads' stacks.
pub fn components(targets: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let count = targets.len();
    let mut order = vec![UNSEEN; count];
    let mut lowest = vec![0; count];
    let mut is_open = vec![false; count];
    let (mut open, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    for start in 0..count {
        if order[start] != UNSEEN {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            if *edge == 0 {
                (order[node], lowest[node]) = (next, next);
                next += 1;
                open.push(node as u32);
                is_open[node] = true;
            }
            let target = targets[node].get(*edge).map(|target| *target as usize);
            *edge += 1;
            match target {
                Some(target) if order[target] == UNSEEN => path.push((target, 0)),
                Some(target) if is_open[target] => lowest[node] = lowest[node].min(order[target]),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some((parent, _)) = path.last() {
                        lowest[*parent] = lowest[*parent].min(lowest[node]);
                    }
                    if lowest[node] == order[node] {
                        let first = open.iter().rposition(|other| *other == node as u32).unwrap_or(0);
                        let component: Vec<u32> = open.drain(first..).collect();
                        for member in &component {
                            is_open[*member as usize] = false;
                        }
                        found.push(component);
                    }
                }
            }
        }
    }
    found
}

/// The number of the component of each of so many nodes.
pub(crate) fn numbers(nodes: usize, components: &[Vec<u32>]) -> Vec<usize> {
    let mut numbers = vec![0; nodes];
    for (number, component) in components.iter().enumerate() {
        for node in component {
            numbers[*node as usize] = number;
        }
    }
    numbers
}

/// The layer of each node: 0 where it leads to none but the nodes of its own component, else one more than the highest
/// layer that its component leads to. `components` are those of the graph, in their order.
pub fn layers(targets: &[Vec<u32>], components: &[Vec<u32>]) -> Vec<u32> {
    let component_of = numbers(targets.len(), components);
    let mut layers = vec![0; targets.len()];
    for (number, component) in components.iter().enumerate() {
        let below = component.iter().flat_map(|node| &targets[*node as usize]);
        let below = below.filter(|target| component_of[**target as usize] != number);
        let layer = below.map(|target| layers[*target as usize] + 1).max().unwrap_or(0);
        for node in component {
            layers[*node as usize] = layer;
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn groups_come_behind_what_they_lead_to() {
        // 0 -> 1 <-> 2 -> 3, and 4 alone with itself.
        let targets = [vec![1], vec![2], vec![1, 3], vec![], vec![4]];
        let mut found = components(&targets);
        for component in &mut found {
            component.sort_unstable();
        }
        assert_eq!(found, [vec![3], vec![1, 2], vec![0], vec![4]]);
        assert_eq!(layers(&targets, &found), [2, 1, 1, 0, 0]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let count = 200_000;
        let targets: Vec<Vec<u32>> = (1..count).map(|next| vec![next]).chain([vec![]]).collect();
        let found = components(&targets);
        assert_eq!(found.len(), count as usize);
        assert_eq!(layers(&targets, &found)[0], count - 1);
    }

    /// Which nodes can be reached from which, by trying again and again.
    fn reach(targets: &[Vec<u32>]) -> Vec<Vec<bool>> {
        let count = targets.len();
        let mut reach = vec![vec![false; count]; count];
        for (node, targets) in targets.iter().enumerate() {
            for target in targets {
                reach[node][*target as usize] = true;
            }
        }
        for via in 0..count {
            for from in 0..count {
                for to in 0..count {
                    reach[from][to] |= reach[from][via] && reach[via][to];
                }
            }
        }
        reach
    }

    proptest! {
        #[test]
        fn components_are_the_nodes_that_reach_one_another(
            targets in prop::collection::vec(prop::collection::vec(0..9_u32, 0..4), 9)
        ) {
            let reach = reach(&targets);
            let found = components(&targets);
            let layers = layers(&targets, &found);
            let mut place = vec![0; targets.len()];
            for (number, component) in found.iter().enumerate() {
                for node in component {
                    place[*node as usize] = number;
                }
            }
            for from in 0..targets.len() {
                for to in 0..targets.len() {
                    let is_same = from == to || reach[from][to] && reach[to][from];
                    prop_assert_eq!(place[from] == place[to], is_same);
                    prop_assert!(is_same || !reach[from][to] || place[to] < place[from] && layers[to] < layers[from]);
                }
                let below = (0..targets.len()).filter(|to| reach[from][*to] && place[*to] != place[from]);
                prop_assert_eq!(layers[from], below.map(|to| layers[to] + 1).max().unwrap_or(0));
            }
        }
    }
}
