//! Calls as they are written, and their replacement by names.

use super::{Each, Kind, Node};

/// The text of a call as a rule is printed, such as `value("SE.WEEK2", "F.VS", "WEIGHT")`; `None`
/// for what is no call of names and constants.
pub(crate) fn call_text(node: &Node) -> Option<String> {
    let Kind::Call(name, args) = &node.kind else { return None };
    let args: Option<Vec<String>> = args.iter().map(plain_text).collect();
    Some(format!("{name}({})", args?.join(", ")))
}

fn plain_text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Text(text) => Some(format!("{text:?}")),
        Kind::Bool(value) => Some(value.to_string()),
        Kind::Int(value) => Some(value.to_string()),
        Kind::Dec(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The expression with a name in place of each call for which `name` gives one.
pub(crate) fn replace_calls(node: Node, name: &mut impl FnMut(&Node) -> Option<String>) -> Node {
    let at = node.at;
    if let Some(name) = name(&node) {
        return Node { at, kind: Kind::Name(name) };
    }
    let mut all = |nodes: Vec<Node>| -> Vec<Node> {
        nodes.into_iter().map(|node| replace_calls(node, name)).collect()
    };
    let kind = match node.kind {
        Kind::Operator(operator, args) => Kind::Operator(operator, all(args)),
        Kind::Call(function, args) => Kind::Call(function, all(args)),
        Kind::List(elements) => Kind::List(all(elements)),
        Kind::Each(each) => {
            let Each { walk, list, variable, condition, element } = *each;
            Kind::Each(Box::new(Each {
                walk,
                list: replace_calls(list, name),
                variable,
                condition: condition.map(|node| replace_calls(node, name)),
                element: element.map(|node| replace_calls(node, name)),
            }))
        }
        leaf => leaf,
    };
    Node { at, kind }
}
