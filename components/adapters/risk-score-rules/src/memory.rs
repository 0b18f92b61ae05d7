//! Memory from the C library of the target, which also answers when the caller wants room for arguments: both have to
//! be one heap, since what is allotted there is freed here.
#![expect(unsafe_code, reason = "an allocator")]

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::null_mut;

/// What the C library's heap aligns everything to, in bytes.
const ALIGNMENT_BYTES: usize = 16;

// The library also has `memcmp` and its kind, which compiled code calls.
#[link(name = "c")]
unsafe extern "C" {
    fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, new_size: usize) -> *mut u8;
    fn free(memory: *mut u8);
}

struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: the C library's heap keeps the promises of an allocator, for one thread as for many. It aligns to
// `ALIGNMENT_BYTES`; whatever needs more gets nothing.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGNMENT_BYTES {
            return null_mut();
        }
        // SAFETY: nothing old is passed on. A failure traps.
        unsafe { cabi_realloc(null_mut(), 0, layout.align(), layout.size()) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: the memory comes from `alloc` above or from the same function, called for an argument.
        unsafe { free(memory) }
    }
}
