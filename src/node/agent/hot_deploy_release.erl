%% A release as it lies on disk, read by the release's own runtime.
-module(hot_deploy_release).
-export([read/1, modules/1]).

%% Root is the release's directory. Answers the release that start_erl.data names, with the digest of
%% every module, consolidated protocols taking the place of the application's own.
-spec read(#{root := string()}) -> hot_deploy_json:json().
read(#{root := Root}) ->
    {Erts, Version} = start_erl_data(Root),
    {Name, Applications} = rel_file(Root, Version),
    Consolidated = filename:join([Root, "releases", Version, "consolidated"]),
    #{
        name => text(Name),
        version => text(Version),
        erts => text(Erts),
        otp => text(erlang:system_info(otp_release)),
        root => text(Root),
        applications => [application(Root, Application) || Application <- Applications],
        protocols => digests(Consolidated)
    }.

start_erl_data(Root) ->
    File = filename:join([Root, "releases", "start_erl.data"]),
    case file:read_file(File) of
        {ok, Binary} ->
            [Erts, Version | _] = string:lexemes(binary_to_list(Binary), " \n\r\t"),
            {Erts, Version};
        {error, Reason} ->
            throw({refused, no_release, text(File ++ ": " ++ file:format_error(Reason))})
    end.

%% relx names the file after the release and mix does too; a release may carry start.rel beside it.
rel_file(Root, Version) ->
    Files = filelib:wildcard(filename:join([Root, "releases", Version, "*.rel"])),
    Releases = [{Name, Applications} || File <- Files,
                                        filename:basename(File) =/= "start_clean.rel",
                                        filename:basename(File) =/= "no_dot_erlang.rel",
                                        {ok, [{release, {Name, V}, _, Applications}]} <- [file:consult(File)],
                                        V =:= Version],
    case Releases of
        [Release | _] -> Release;
        [] -> throw({refused, no_release, text("no .rel file of version " ++ Version ++ " in " ++ Root)})
    end.

application(Root, Application) ->
    Name = element(1, Application),
    Version = element(2, Application),
    Directory = filename:join([Root, "lib", lists:concat([Name, "-", Version])]),
    Ebin = filename:join(Directory, "ebin"),
    #{
        name => Name,
        version => text(Version),
        mode => mode(Application),
        directory => text(Directory),
        appup => filelib:is_regular(filename:join(Ebin, lists:concat([Name, ".appup"]))),
        modules => digests(Ebin)
    }.

mode({_, _, Mode}) when is_atom(Mode) -> Mode;
mode({_, _, Mode, _}) -> Mode;
mode(_) -> permanent.

digests(Directory) ->
    maps:from_list(
        [{text(filename:basename(File, ".beam")), digest(File)} || File <- filelib:wildcard(Directory ++ "/*.beam")]
    ).

%% Over the chunks that matter, as the loader computes it: equal whether stripped or not.
digest(File) ->
    case beam_lib:md5(File) of
        {ok, {_, Digest}} -> binary:encode_hex(Digest);
        {error, beam_lib, Reason} -> throw({refused, bad_beam, text([File, ": ", beam_lib:format_error(Reason)])})
    end.

%% What the plan has to know of single modules, and what differs between two specifications of an application.
-spec modules(#{wildcards := [string()], specifications := [{string(), string()}]}) -> hot_deploy_json:json().
modules(#{wildcards := Wildcards, specifications := Specifications}) ->
    #{
        modules => [[module(File) || File <- filelib:wildcard(Wildcard)] || Wildcard <- Wildcards],
        started => [started(keys(Old), keys(New)) || {Old, New} <- Specifications]
    }.

%% Read only when the application starts; everything else of it release_handler exchanges.
started(Old, New) ->
    [Key || {Key, Default} <- [{mod, []}, {start_phases, undefined}, {included_applications, []}],
            proplists:get_value(Key, Old, Default) =/= proplists:get_value(Key, New, Default)].

keys(File) ->
    case file:consult(File) of
        {ok, [{application, _, Keys}]} -> Keys;
        _ -> []
    end.

module(File) ->
    Chunks = [exports, imports, attributes],
    case beam_lib:chunks(File, Chunks) of
        {ok, {Module, [{exports, Exports}, {imports, Imports}, {attributes, Attributes}]}} ->
            {ok, Beam} = file:read_file(File),
            #{
                file => text(File),
                module => Module,
                digest => digest(File),
                behaviours => lists:append([Names || {Key, Names} <- Attributes, Key =:= behaviour orelse Key =:= behavior]),
                codeChange => [Arity || {code_change, Arity} <- Exports],
                exports => [text(io_lib:format("~ts/~b", [Function, Arity])) || {Function, Arity} <- Exports],
                calls => lists:usort([Called || {Called, _, _} <- Imports]),
                nif => lists:member({erlang, load_nif, 2}, Imports),
                onLoad => on_load(Module, Beam),
                protocol => lists:member({'__protocol__', 1}, Exports),
                callbackMode => callback_mode(Module, Beam, lists:member({callback_mode, 0}, Exports))
            };
        {error, beam_lib, Reason} ->
            throw({refused, bad_beam, text([File, ": ", beam_lib:format_error(Reason)])})
    end.

%% The loader alone knows: -on_load leaves no attribute behind.
on_load(Module, Beam) ->
    case erlang:prepare_loading(Module, Beam) of
        {error, _} -> false;
        Prepared -> erlang:has_prepared_code_on_load(Prepared)
    end.

%% How a gen_statem calls it. A running one asks again only when its code changes by code_change.
callback_mode(_, _, false) ->
    null;
callback_mode(Module, Beam, true) ->
    case code:is_loaded(Module) =:= false andalso code:load_binary(Module, "hot_deploy", Beam) of
        {module, Module} ->
            try asked(Module)
            after
                code:delete(Module),
                code:purge(Module)
            end;
        _ ->
            null
    end.

asked(Module) ->
    {Asked, Monitor} = spawn_monitor(fun() -> exit({mode, lists:sort(lists:flatten([Module:callback_mode()]))}) end),
    receive
        {'DOWN', Monitor, process, Asked, {mode, Mode}} -> text(io_lib:format("~0tp", [Mode]));
        {'DOWN', Monitor, process, Asked, _} -> null
    after 2000 ->
        exit(Asked, kill),
        null
    end.

text(Characters) -> unicode:characters_to_binary(Characters).
