//! The little that generated bindings call. The usual crate for it links the standard library.
#![expect(unsafe_code, reason = "memory that the caller's lists are put into")]

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use core::ptr::{NonNull, without_provenance_mut};

/// Memory that is given back when this goes, unless it was told to forget.
pub(crate) struct Cleanup {
    memory: NonNull<u8>,
    layout: Layout,
}

impl Cleanup {
    /// Memory of this layout; none is needed for an empty one.
    pub(crate) fn new(layout: Layout) -> (*mut u8, Option<Self>) {
        if layout.size() == 0 {
            return (without_provenance_mut(layout.align()), None);
        }
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc(layout) };
        let Some(memory) = NonNull::new(memory) else { handle_alloc_error(layout) };
        (memory.as_ptr(), Some(Self { memory, layout }))
    }

    /// The memory has an owner elsewhere.
    pub(crate) fn forget(self) {
        core::mem::forget(self);
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        // SAFETY: it was allotted with this layout, and nobody else gives it back.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) }
    }
}

/// There are no static constructors.
pub(crate) fn run_ctors_once() {}

/// The allocator calls it, so it is linked.
pub(crate) fn maybe_link_cabi_realloc() {}
