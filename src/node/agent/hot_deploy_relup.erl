%% The relup, made by OTP's systools on the new release's own runtime, with what systools cannot know
%% put in: consolidated protocols belong to the release, not to any application.
-module(hot_deploy_relup).
-export([make/1]).

%% A release is given by its .rel file without the extension; old directories are searched for what
%% only the old release has. Protocols are those whose consolidated module differs, and directories are
%% where they lie on the node. Answers the relup as text and the warnings of systools in its own words.
-spec make(#{
    new := string(), old := string(), path := [string()],
    new_protocols := protocols(), old_protocols := protocols()
}) -> hot_deploy_json:json().
-type protocols() :: #{directory := string() | none, modules := [string()]}.
make(#{new := New, old := Old, path := Wildcards, new_protocols := NewProtocols, old_protocols := OldProtocols}) ->
    Path = lists:append([filelib:wildcard(Wildcard) || Wildcard <- Wildcards]),
    %% systools itself is part of the release (sasl) and lies on no path of a VM that booted start_clean.
    ok = code:add_pathsz(Path),
    case systools:make_relup(New, [Old], [Old], [{path, Path}, noexec, silent]) of
        {ok, {Version, [{From, UpText, Up}], [{From, DownText, Down}]}, Module, Warnings} ->
            Relup = {Version,
                [{From, UpText, switch(Up, NewProtocols, OldProtocols)}],
                [{From, DownText, switch(Down, OldProtocols, NewProtocols)}]},
            #{
                relup => text(io_lib:format("%% coding: utf-8~n~tp.~n", [Relup])),
                restarts => restarts(Up) orelse restarts(Down),
                up => instructions(element(3, hd(element(2, Relup)))),
                down => instructions(element(3, hd(element(3, Relup)))),
                warnings => [text(Module:format_warning([Warning])) || Warning <- Warnings]
            };
        {error, Module, Error} ->
            throw({refused, relup_failed, text(Module:format_error(Error))})
    end.

restarts(Script) ->
    lists:any(fun(Instruction) -> lists:member(Instruction, [restart_emulator, restart_new_emulator]) end, Script).

%% Protocols change hands with the modules: after the last load and before the first process runs on, so that
%% nobody sees new data with an old protocol.
switch(Script, To, From) ->
    case lists:splitwith(fun(Instruction) -> not resumes(Instruction) end, Script) of
        {_, []} ->
            {After, Before} = lists:splitwith(fun(Instruction) -> not switches(Instruction) end, lists:reverse(Script)),
            lists:reverse(Before) ++ protocols(To, From) ++ lists:reverse(After);
        {Before, After} ->
            Before ++ protocols(To, From) ++ After
    end.

resumes({resume, _}) -> true;
resumes(_) -> false.

switches({load, _}) -> true;
switches({remove, _}) -> true;
switches(point_of_no_return) -> true;
switches(_) -> false.

%% The old directory leaves the code path even where no protocol differs: it would stay first for ever.
protocols(#{directory := To, modules := Modules}, #{directory := From}) ->
    [{apply, {code, del_path, [From]}} || From =/= none] ++
        [{apply, {code, add_patha, [To]}} || To =/= none] ++
        [Instruction || To =/= none, Module <- Modules, Instruction <- exchange(Module, filename:join(To, Module))].

%% The code server loads nothing over old code, and nobody hears of it: what the last exchange left has to go first.
exchange(Module, File) ->
    Purge = {apply, {code, soft_purge, [list_to_atom(Module)]}},
    [Purge, {apply, {code, load_abs, [File]}}, Purge].

instructions(Script) -> [text(io_lib:format("~0tp", [Instruction])) || Instruction <- Script].

text(Characters) -> unicode:characters_to_binary(Characters).
