//! Finds the route for a method and a path.

use std::collections::BTreeMap;

use super::{
    Bound, Verb,
    template::{Encoding, Segment, Template, decode},
};

/// All routes, as a tree of path segments. Literal segments win over variables.
#[derive(Debug, Default)]
pub struct Router {
    root: Node,
}

/// What the router knows about a method and a path.
#[derive(Debug)]
pub enum Found<'a> {
    /// The route, and the decoded values of its variables.
    Route(&'a Bound, Vec<String>),
    /// The path exists, with these methods only.
    OtherVerbs(Vec<Verb>),
    /// No route has this path.
    Nothing,
    /// A segment is not percent-encoded UTF-8.
    BadEncoding,
}

#[derive(Debug, Default)]
struct Node {
    literals: BTreeMap<&'static str, Node>,
    variable: Option<Box<Node>>,
    /// By custom verb (`""` when there is none), then by HTTP method.
    doors: BTreeMap<&'static str, BTreeMap<Verb, Bound>>,
}

impl Router {
    /// Adds a route. One that has the same method and path as an earlier one replaces it.
    pub fn add(&mut self, route: Bound) {
        let template = Template::parse(route.template);
        let mut node = &mut self.root;
        for segment in template.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text).or_default(),
                Segment::Variable => node.variable.get_or_insert_default(),
            };
        }
        let verb = template.custom_verb.unwrap_or_default();
        node.doors.entry(verb).or_default().insert(route.verb, route);
    }

    /// Finds the route for a method and the raw path, as it came: segments are cut before they
    /// are decoded, so that an encoded slash or colon is part of a value.
    pub fn find(&self, verb: Verb, raw_path: &str) -> Found<'_> {
        let path = raw_path.strip_prefix('/').unwrap_or(raw_path);
        let (plain, custom_verb) = split_custom_verb(path);
        let with_verb = custom_verb
            .and_then(|custom| find_doors(&self.root, plain, custom).map(|found| (plain, found)));
        let found = with_verb.or_else(|| Some((path, find_doors(&self.root, path, "")?)));
        let Some((path, (doors, variables))) = found else {
            return Found::Nothing;
        };
        let Some(route) = doors.get(&verb) else {
            return Found::OtherVerbs(doors.keys().copied().collect());
        };
        let segments: Vec<&str> = path.split('/').collect();
        let values = variables.iter().map(|index| decode(segments[*index], Encoding::Path));
        values.collect::<Option<Vec<_>>>().map_or(Found::BadEncoding, |v| Found::Route(route, v))
    }
}

/// `subjects/7:enrol` as `subjects/7` and `enrol`.
fn split_custom_verb(path: &str) -> (&str, Option<&str>) {
    let last = path.rfind('/').unwrap_or_default();
    match path[last..].rfind(':') {
        Some(colon) => (&path[..last + colon], Some(&path[last + colon + 1..])),
        None => (path, None),
    }
}

type Doors = BTreeMap<Verb, Bound>;

/// The doors at a path, and which of its segments are values.
fn find_doors<'a>(root: &'a Node, path: &str, custom: &str) -> Option<(&'a Doors, Vec<usize>)> {
    let segments: Vec<&str> = path.split('/').collect();
    let mut variables = Vec::new();
    let doors = descend(root, &segments, 0, custom, &mut variables)?;
    Some((doors, variables))
}

/// Depth is bounded by the longest template.
fn descend<'a>(
    node: &'a Node,
    segments: &[&str],
    depth: usize,
    custom: &str,
    variables: &mut Vec<usize>,
) -> Option<&'a Doors> {
    let Some(segment) = segments.get(depth) else {
        return node.doors.get(custom);
    };
    let literal = node.literals.get::<str>(segment);
    if let Some(found) =
        literal.and_then(|next| descend(next, segments, depth + 1, custom, variables))
    {
        return Some(found);
    }
    let next = node.variable.as_deref().filter(|_| !segment.is_empty())?;
    variables.push(depth);
    let found = descend(next, segments, depth + 1, custom, variables);
    if found.is_none() {
        variables.pop();
    }
    found
}
